import {BaseCommand} from '../cli/base-command.ts'
export class VetRules extends BaseCommand {  async run(){ await this.parse(VetRules); return 0 } }
