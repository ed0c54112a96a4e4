import {BaseCommand} from '../cli/base-command.ts'
export class Vet extends BaseCommand {  async run(){ await this.parse(Vet); return 0 } }
