import {BaseCommand} from '../cli/base-command.ts'
export class Explain extends BaseCommand {  async run(){ await this.parse(Explain); return 0 } }
