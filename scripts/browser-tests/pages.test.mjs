// The pages of the demonstration in a real Chromium: every one in both themes and at a phone's width, to axe and to the
// eye (the pictures are left in target/screenshots), and without a script.
import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdir} from 'node:fs/promises';
import {createInterface} from 'node:readline';
import {after, before, test} from 'node:test';
import {fileURLToPath} from 'node:url';
import {newContext} from './browser.mjs';
import {axe} from './packages.mjs';

const binary = process.env.TOUCHLINE_BINARY ?? fileURLToPath(new URL('../../target/debug/touchline', import.meta.url));
const pictures = fileURLToPath(new URL('../../target/screenshots/', import.meta.url));

// The most that a page may transfer, with its style and script.
const BYTES_MAX = 40_000;

const LOOKS = [
  {look: 'light', width: 1440, colorScheme: 'light'},
  {look: 'dark', width: 1440, colorScheme: 'dark'},
  {look: 'phone', width: 390, colorScheme: 'light'},
];

// What axe is asked: WCAG 2.2 AA, and what it calls good practice.
const RULES = {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']};

let demo;

// The session's cookies: an address may not sign in very often.
let storageState;

before(async () => {
  await mkdir(pictures, {recursive: true});
  const child = spawn(binary, ['demo', '--people', '1500', '--listen', '127.0.0.1:0'],
    {stdio: ['ignore', 'pipe', 'inherit'], env: {...process.env, TOUCHLINE_LOG_LEVEL: 'warn'}});
  let token, reference, email;
  for await (const line of createInterface(child.stdout)) {
    token ??= /^ +token +(tl_[0-9a-f]+)$/.exec(line)?.[1];
    reference ??= /\/opportunities\/([^/?']+)\/receipt/.exec(line)?.[1];
    email ??= /people\?email=([^' ]+)/.exec(line)?.[1];
    const [, address] = /^listening on (http:\/\/.+)$/.exec(line) ?? [];
    if (address) {
      demo = {child, token, reference, email, address};
      break;
    }
  }
  assert.ok(demo?.token && demo.reference && demo.email, 'the demonstration says where it is');
  const context = await newContext();
  const page = await context.newPage();
  await page.goto(`${demo.address}/sign-in?token=${demo.token}`);
  storageState = await context.storageState();
  assert.equal(storageState.cookies.length, 1, 'the session has a cookie');
  // What is kept in memory is there before anything is looked at; a page that takes long would say so first.
  for (const [, path] of pages()) assert.ok((await page.request.get(url(path))).ok(), path);
  await context.close();
});

after(async () => {
  if (!demo) return;
  demo.child.kill();
  if (demo.child.exitCode === null) await once(demo.child, 'exit');
});

// Name of the picture, and address below the site.
const pages = () => [
  ['overview', 'overview'],
  ['attribution', 'attribution'],
  ['paths', 'paths'],
  ['opportunities', 'opportunities'],
  ['opportunities-of-email', 'opportunities?where=channel:Email&model=linear,position-based'],
  ['opportunities-sought', 'opportunities?q=OPP-00'],
  ['opportunity', `opportunities/${demo.reference}`],
  ['people', 'people'],
  ['person', `people?email=${demo.email}`],
  ['erase', `people/erase?email=${demo.email}`],
  ['quality', 'quality'],
  ['channels', 'channels'],
  ['set-up', 'set-up'],
];

const url = path => `${demo.address}/sites/demo/${path}`;

async function signedIn(t, settings) {
  const context = await newContext({locale: 'en-GB', storageState, ...settings});
  t.after(() => context.close());
  const page = await context.newPage();
  const said = [];
  page.on('console', message => { if (['error', 'warning'].includes(message.type())) said.push(message.text()); });
  page.on('pageerror', error => said.push(error.message));
  return {page, said};
}

// Goes to a page of the site, and no other.
async function visit(page, path, options) {
  const answer = await page.goto(url(path), options);
  assert.equal(answer.status(), 200, path);
  assert.equal(new URL(page.url()).pathname, new URL(url(path)).pathname, 'it is the page that was asked for');
  return answer;
}

async function violations(page) {
  // Not as a script of the page, which its policy would refuse.
  await page.evaluate(axe.source);
  const {violations} = await page.evaluate(rules => globalThis.axe.run(document, rules), RULES);
  return violations.map(({id, nodes}) => `${id}: ${nodes.map(node => node.html.slice(0, 200)).slice(0, 3).join(' | ')}`);
}

for (const {look, width, colorScheme} of LOOKS) {
  test(`every page, ${look}`, async t => {
    const {page, said} = await signedIn(t, {viewport: {width, height: 900}, colorScheme});
    for (const [name, path] of pages()) {
      await t.test(name, async () => {
        await visit(page, path, {waitUntil: 'load'});
        await page.screenshot({path: `${pictures}${name}-${look}.png`, fullPage: true});
        assert.deepEqual(await violations(page), [], 'axe');
        const wider = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        assert.ok(wider <= 0, `nothing is wider than the screen: ${wider}px`);
        const shift = await page.evaluate(() => new Promise(resolve => {
          let sum = 0;
          new PerformanceObserver(list => { for (const entry of list.getEntries()) if (!entry.hadRecentInput) sum += entry.value; })
            .observe({type: 'layout-shift', buffered: true});
          requestAnimationFrame(() => requestAnimationFrame(() => resolve(sum)));
        }));
        assert.equal(shift, 0, 'nothing moves once it is drawn');
        assert.deepEqual(said.splice(0), [], 'the browser complains of nothing');
      });
    }
  });
}

test('the way in, both ways, in both themes', async t => {
  for (const colorScheme of ['light', 'dark']) {
    const context = await newContext({colorScheme, viewport: {width: 1200, height: 800}});
    t.after(() => context.close());
    const page = await context.newPage();
    await page.goto(`${demo.address}/sites/demo/overview?period=7d`);
    assert.deepEqual(await violations(page), []);
    await page.screenshot({path: `${pictures}sign-in-${colorScheme}.png`});
    await page.fill('#token', 'tl_wrong');
    await page.keyboard.press('Enter');
    await page.waitForSelector('[role=alert]');
    assert.deepEqual(await violations(page), []);
    await page.fill('#token', demo.token);
    await page.keyboard.press('Enter');
    await page.waitForURL(url('overview?period=7d'));
    await page.click('text=Sign out');
    await page.waitForURL('**/sign-in');
    const answer = await page.goto(url('overview'));
    assert.ok(answer.url().includes('/sign-in'), 'the session is over');
  }
});

test('pages are small, and one host is enough', async t => {
  const {page} = await signedIn(t);
  const cold = await page.context().newCDPSession(page);
  await cold.send('Network.enable');
  await cold.send('Network.setCacheDisabled', {cacheDisabled: true});
  let bytes = 0;
  cold.on('Network.loadingFinished', event => { bytes += event.encodedDataLength; });
  const elsewhere = [];
  page.on('request', request => { if (!request.url().startsWith(demo.address)) elsewhere.push(request.url()); });
  for (const [name, path] of pages()) {
    bytes = 0;
    await visit(page, path, {waitUntil: 'networkidle'});
    t.diagnostic(`${name}: ${bytes} bytes`);
    assert.ok(bytes < BYTES_MAX, `${name}: ${bytes} bytes`);
  }
  assert.deepEqual(elsewhere, []);
});

test('without a script every page answers, and a period can be chosen', async t => {
  const {page} = await signedIn(t, {javaScriptEnabled: false});
  for (const [name, path] of pages()) {
    await visit(page, path);
    assert.ok((await page.textContent('h1')).trim(), name);
  }
  await page.goto(url('overview'));
  await page.selectOption('[name=period]', '90d');
  await page.click('.apply');
  assert.ok(page.url().includes('period=90d'));
  assert.equal(await page.inputValue('[name=period]'), '90d');
});

test('with a script a choice counts as it is made, values show under the pointer, and the keyboard skips to the content', async t => {
  const {page} = await signedIn(t, {viewport: {width: 1440, height: 900}});
  await page.goto(url('overview'));
  await page.selectOption('[name=period]', '90d');
  await page.waitForURL('**period=90d**');
  await page.hover('.column:last-child');
  await page.waitForSelector('.tip:not([hidden])');
  assert.match(await page.textContent('.tip'), /£/);
  await page.goto(url('overview'));
  await page.keyboard.press('Tab');
  assert.equal(await page.textContent(':focus'), 'Skip to the content');
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'main');
  await page.click('[name=theme][value=dark]');
  await page.waitForSelector('html[data-theme=dark]');
});

test('every link, tab and choice of every page leads to a page', async t => {
  const {page, said} = await signedIn(t, {viewport: {width: 1440, height: 900}});
  const asked = new Set();
  const answers = async (from, path) => {
    if (asked.has(path)) return;
    asked.add(path);
    const answer = await page.request.get(path);
    assert.ok(answer.ok() && !answer.url().includes('/sign-in'), `${from} → ${path}: ${answer.status()} ${answer.url()}`);
  };
  for (const [name, path] of pages()) {
    await page.goto(url(path));
    // A choice is a form with one value changed; what the browser would send is what is asked for.
    const found = await page.evaluate(() => {
      const links = [...document.querySelectorAll('a[href^="/"]')].map(link => link.href);
      const choices = [...document.querySelectorAll('form[data-submit-on-change]')].flatMap(form =>
        [...form.querySelectorAll('select')].flatMap(select => [...select.options].filter(option => option.value).map(option => {
          const data = new FormData(form);
          data.set(select.name, option.value);
          for (const [key, value] of [...data]) if (value === '') data.delete(key);
          return `${new URL(form.getAttribute('action') ?? '', location.origin + location.pathname).href}?${new URLSearchParams(data)}`;
        })));
      return [...links, ...choices];
    });
    assert.ok(found.length > 5, name);
    for (const address of found) await answers(name, address);
  }
  t.diagnostic(`${asked.size} addresses`);
  assert.ok(asked.size > 200);
  assert.deepEqual(said, []);
});

test('the numbers on the pages are the API\'s', async t => {
  const {page} = await signedIn(t);
  const api = async path => {
    const answer = await fetch(`${demo.address}/api/v1/sites/demo/${path}`, {headers: {authorization: `Bearer ${demo.token}`}});
    assert.equal(answer.status, 200, path);
    return answer.json();
  };
  const values = selector => page.$$eval(selector, found => found.map(one => one.value));
  // Days of their own, so that it does not matter whose day it is.
  const day = ago => new Date(Date.now() - ago * 86_400_000).toISOString().slice(0, 10);
  const days = `from=${day(80)}&to=${day(2)}`;
  const models = 'model=linear&model=time-decay:half-life=3d';
  await visit(page, `attribution?${days}&compare=none&${models}&by=channel`);
  const report = await api(`report?by=channel&${models}&${days}`);
  assert.ok(report.rows.length > 3);
  for (const row of report.rows) {
    const shown = await values(`tbody tr:has(:text-is("${row.values.channel}")) data.money`);
    for (const model of row.models) assert.ok(shown.includes(model.value), `${row.values.channel} ${model.model}: ${model.value} of ${shown}`);
  }
  const foot = await values('tfoot data.money');
  assert.ok(foot.includes(report.totals[0].value) && foot.includes(report.totals[0].wonValue), `${foot}`);
  await visit(page, `overview?${days}&compare=none`);
  const tiles = await values('.tiles data.money');
  assert.ok(tiles.includes(report.totals[0].wonValue) && tiles.includes(report.totals[0].cost.amount), `${tiles}`);
  await page.goto(url(`opportunities/${demo.reference}`));
  const deal = await api(`opportunities/${demo.reference}/receipt?model=time-decay`);
  const grid = await values('table data.money');
  const shares = deal.touches.flatMap(touch => touch.credit.map(share => share.amount.amount));
  assert.ok(shares.length > 0, JSON.stringify(deal).slice(0, 400));
  for (const share of shares) assert.ok(grid.includes(share), `${share} of ${grid}`);
});

test('filters are added and taken away, models are chosen, rows are sorted, and the file has what is shown', async t => {
  const {page, said} = await signedIn(t, {viewport: {width: 1440, height: 900}});
  await visit(page, 'attribution?period=90d&compare=none');
  const names = () => page.$$eval('tbody th', cells => cells.map(cell => cell.textContent.trim()));
  const all = await names();
  await page.click('summary:text-is("Filter")');
  await page.selectOption('[name=filterIs]', {label: 'is not'});
  await page.fill('[name=filterValue]', all[0]);
  await page.click('button:text-is("Add the filter")');
  await page.waitForSelector('.chip');
  assert.deepEqual((await names()).sort(), all.slice(1).sort(), 'all but that row');
  await page.click('.chip a');
  await page.waitForSelector('.chip', {state: 'detached'});
  assert.deepEqual(await names(), all);
  await page.click('summary:has-text("Models")');
  for (const model of ['last-touch', 'linear']) await page.uncheck(`#model-${model}`);
  await page.check('#model-time-decay');
  await page.click('button:text-is("Compare")');
  await page.waitForURL('**model=time-decay**');
  assert.match(await page.textContent('thead'), /First touch[^]*Time decay/);
  assert.doesNotMatch(await page.textContent('thead'), /Linear/);
  await page.click('thead a:text-is("Channel")');
  await page.waitForURL('**sort=**');
  const sorted = await names();
  assert.deepEqual(sorted, [...sorted].sort(), 'by name');
  const download = page.waitForEvent('download');
  await page.click('a:text-is("Download CSV")');
  const stream = await (await download).createReadStream();
  const file = (await stream.toArray()).join('').trim().split(/\r?\n/).map(line => line.split(',')[0]);
  assert.deepEqual(file.slice(1), sorted, 'the rows of the page, in its order');

  await visit(page, 'opportunities?period=90d');
  await page.selectOption('select:near(:text("Matched"))', {label: 'Not matched'});
  await page.waitForSelector('.chip');
  assert.ok((await page.textContent('tbody')).includes('Nobody yet'));
  assert.equal(await page.locator('tbody tr').count(), await page.locator('tbody tr:has-text("Nobody yet")').count());
  assert.deepEqual(said, []);
});
