// One Chromium for each test file. Every name that ends in .test or .co.uk is this machine.
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {after} from 'node:test';
import {chromium} from './packages.mjs';

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
const args = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--host-resolver-rules=MAP *.test 127.0.0.1, MAP *.co.uk 127.0.0.1',
];
// Playwright switches off what is tested here.
const options = {executablePath, args, ignoreDefaultArgs: ['--disable-back-forward-cache']};

let browser;
after(() => browser?.close());

export async function newContext(settings) {
  browser ??= await chromium.launch(options);
  return browser.newContext(settings);
}

const newProfile = () => mkdtemp(join(tmpdir(), 'touchline-browser-'));
const removeProfile = profile => rm(profile, {recursive: true, force: true, maxRetries: 20, retryDelay: 50});

// A browser that nobody steers: Chromium does not prerender while it is debugged. Its page must do all by itself.
export async function leaveAlone(t, url) {
  const profile = await newProfile();
  const chromium = spawn(executablePath, ['--headless', ...args, `--user-data-dir=${profile}`, url], {stdio: 'ignore'});
  t.after(async () => {
    chromium.kill();
    if (chromium.exitCode === null && chromium.signalCode === null) await once(chromium, 'exit');
    await removeProfile(profile);
  });
}

// A browser whose user has chosen to block all cookies, which blocks localStorage as well.
export async function contextWithoutCookies(t) {
  const profile = await newProfile();
  await mkdir(join(profile, 'Default'));
  const preferences = {profile: {default_content_setting_values: {cookies: 2}}};
  await writeFile(join(profile, 'Default', 'Preferences'), JSON.stringify(preferences));
  const context = await chromium.launchPersistentContext(profile, options);
  t.after(async () => {
    await context.close();
    await removeProfile(profile);
  });
  return context;
}
