import {BaseCommand} from '../cli/base-command.ts'
export class Whatif extends BaseCommand {  async run(){ await this.parse(Whatif); return 0 } }
