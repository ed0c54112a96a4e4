import {BaseCommand} from '../cli/base-command.ts'
export class Adopt extends BaseCommand {  async run(){ await this.parse(Adopt); return 0 } }
