import {BaseCommand} from '../cli/base-command.ts'
export class VetExplain extends BaseCommand {  async run(){ await this.parse(VetExplain); return 0 } }
