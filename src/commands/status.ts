import {BaseCommand} from '../cli/base-command.ts'
export class Status extends BaseCommand {  async run(){ await this.parse(Status); return 0 } }
