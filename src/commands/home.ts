import {BaseCommand} from '../cli/base-command.ts'
export class Home extends BaseCommand { static override hidden = true; async run(){ await this.parse(Home); return 0 } }
