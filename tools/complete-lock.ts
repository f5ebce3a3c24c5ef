/**
 * Completes package-lock.json. Native parts come as one optional package for each platform; where the registry in reach
 * does not carry one of them, `npm install` leaves it out of the lock file and `npm ci` then refuses the whole file. This
 * adds what is missing by the names, versions and platforms that the packages themselves declare. With `--check` it only
 * says what is missing. Run it after every `npm install NAME`: `npm run lock`.
 */
import { readFileSync, writeFileSync } from 'node:fs';

interface LockEntry {
  readonly version: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const path = new URL('../package-lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(path, 'utf8')) as { packages: Record<string, LockEntry> };

const systems = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32'];
const processors = ['arm64', 'arm', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64'];

const missing: Record<string, LockEntry> = {};
for (const [parent, entry] of Object.entries(lock.packages)) {
  for (const [name, range] of Object.entries(entry.optionalDependencies ?? {})) {
    if (`${parent}/node_modules/${name}` in lock.packages || `node_modules/${name}` in lock.packages) continue;
    const parts = name.split(/[/-]/);
    const os = systems.filter((system) => parts.includes(system));
    const cpu = processors.filter((processor) => parts.includes(processor));
    const libc = parts.includes('musl') ? ['musl'] : parts.includes('gnu') ? ['glibc'] : [];
    missing[`node_modules/${name}`] = {
      version: range.replace(/^[~^]/, ''),
      ...(cpu.length > 0 && { cpu }),
      ...(entry.dev && { dev: true }),
      ...(libc.length > 0 && { libc }),
      optional: true,
      ...(os.length > 0 && { os }),
    };
  }
}

const names = Object.keys(missing).map((name) => name.slice('node_modules/'.length));
if (names.length > 0 && process.argv.includes('--check')) {
  console.error(`package-lock.json: lacks ${names.join(', ')}. Run \`npm run lock\`.`);
  process.exitCode = 1;
} else if (names.length > 0) {
  const sorted = Object.entries({ ...lock.packages, ...missing }).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  writeFileSync(path, `${JSON.stringify({ ...lock, packages: Object.fromEntries(sorted) }, null, 2)}\n`);
  console.error(`package-lock.json: added ${names.length} packages of other platforms.`);
}
