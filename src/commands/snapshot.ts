import {BaseCommand} from '../cli/base-command.ts'
export class Snapshot extends BaseCommand {  async run(){ await this.parse(Snapshot); return 0 } }
