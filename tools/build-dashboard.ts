/** Builds the page into `dist`, beside its route: nothing is built or fetched at run time. */
import { rm } from 'node:fs/promises';
import { buildDashboard } from '../src/server/dashboard-files.ts';

const folder = new URL('../dist/server/dashboard/', import.meta.url);
await rm(folder, { recursive: true, force: true });
await buildDashboard(folder);
