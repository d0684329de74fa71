#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { nearestNames } from '../nearest.js';
import { describeError, exitCode, OK, USAGE } from './exit.js';
import { endWithOutput, say } from './terminal.js';
import { verbs } from './verbs.js';
/** The command line. `venuewire VERB`: data on standard output, everything else on standard error. */
import { version } from './version.js';

/** Runs one command line and returns its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const program = new Command('venuewire')
    .description('Connects to trading venues: A/B multicast, gap recovery, typed messages, nothing lost silently.')
    .version(version(), '-V, --version')
    .helpOption('-h, --help', 'show help')
    .showHelpAfterError('(see venuewire --help)')
    .configureOutput({
      outputError: (text, write) => write(text.replace(/^error: /, 'venuewire: VW_USAGE: ')),
      writeErr: (text) => say(text.trimEnd()),
    })
    .exitOverride()
    .addHelpText(
      'after',
      '\nExit codes: 0 ok, 1 findings, 2 usage, 3 environment.\nHelp and examples of a verb: venuewire VERB --help',
    );
  const words = args.filter((a) => !a.startsWith('-'));
  const asked = words[0] === 'help' ? words[1] : words[0];
  for (const verb of verbs) {
    const command = program.command(verb.name).description(verb.says).helpOption('-h, --help', 'show help');
    command.showHelpAfterError(`(see venuewire ${verb.name} --help)`).exitOverride();
    if (verb.name === asked) (await verb.load()).configure(command);
  }
  if (asked !== undefined && words[0] !== 'help' && !verbs.some((v) => v.name === asked)) {
    const near = nearestNames(
      asked,
      verbs.map((v) => v.name),
    );
    say(
      `venuewire: VW_USAGE: there is no verb '${asked}'\n  ${near.length ? `Did you mean ${near.join(', ')}? ` : ''}See venuewire --help`,
    );
    return USAGE;
  }
  try {
    await program.parseAsync(args as string[], { from: 'user' });
    return Number(process.exitCode ?? OK);
  } catch (error) {
    if (error instanceof CommanderError) {
      const shown = ['commander.helpDisplayed', 'commander.version'].includes(error.code);
      return shown || (error.code === 'commander.help' && args.includes('help')) ? OK : USAGE;
    }
    say(describeError(error));
    return exitCode(error);
  }
}

endWithOutput();

process.exitCode = await main(process.argv.slice(2));
