// Whatever goes wrong, the page does not notice. World sees to it that no test leaves an error in a page.
import assert from 'node:assert/strict';
import {readFile} from 'node:fs/promises';
import test from 'node:test';
import {gzipSync} from 'node:zlib';
import {made, servedTag} from './minify.mjs';
import {World} from './world.mjs';

test('the tag is small, and made from its source', async () => {
  const tag = await readFile(servedTag, 'utf8');
  assert.equal(tag, await made(), 'tag.js is stale: run scripts/browser-tests/run minify');
  const size = gzipSync(tag, {level: 9}).length;
  assert.ok(size < 3000, `${size} bytes gzipped`);
});

test('it leaves nothing but its name on the page, and waits for nobody', async t => {
  const world = await World.open(t);
  world.page('/bare', {tag: null});
  world.page('/');
  const page = await world.visitor();
  const names = () => page.evaluate(() => Object.getOwnPropertyNames(window));
  await page.goto(world.url('/bare'));
  const bare = new Set(await names());
  await page.goto(world.url('/'));
  await world.arrived('visit');
  assert.deepEqual((await names()).filter(name => !bare.has(name)), ['touchline']);
  const loaded = await page.evaluate(() => performance.getEntriesByType('resource').map(entry => entry.name));
  assert.deepEqual(loaded.map(address => address.split('/').pop()).sort(), ['tag.js', 'visit'], 'one script, one report');
});

const use = page => page.evaluate(() => {
  touchline.conversion({a: 1});
  touchline.conversion({get a() { throw new Error('mine'); }});
  touchline.push(null, [], ['nothing'], ['conversion', 7], ['conversion', null, {}]);
  touchline.consent();
  touchline.consent('granted');
  history.pushState({}, '', '?gclid=2');
  document.dispatchEvent(new Event('click', {bubbles: true}));
  const form = document.querySelector('form');
  form.addEventListener('submit', event => event.preventDefault());
  form.requestSubmit();
  document.querySelector('a').dispatchEvent(new MouseEvent('click', {bubbles: true, cancelable: true}));
  document.dispatchEvent(new Event('visibilitychange'));
  return touchline.id();
});
const tag = 'data-forms="on" data-link="other.test"';
const body = '<form><input name="a" value="1"><input name="elements"><input name="getAttribute"></form><a href="#">x</a>';

for (const [what, setUp] of [
  ['nothing', () => {}],
  ['randomness', () => { Object.defineProperty(window, 'crypto', {value: undefined}); }],
  ['sendBeacon', () => { navigator.sendBeacon = () => { throw new Error('blocked'); }; }],
  ['sendBeacon and fetch', () => {
    navigator.sendBeacon = undefined;
    window.fetch = () => { throw new Error('blocked'); };
  }],
  ['an answer to fetch', () => {
    navigator.sendBeacon = () => false;
    window.fetch = () => Promise.reject(new Error('blocked'));
  }],
  ['history', () => { History.prototype.replaceState = () => { throw new Error('blocked'); }; }],
  ['JSON', () => { JSON.stringify = () => { throw new Error('broken by the page'); }; }],
  ['storage', () => {
    const refuse = () => { throw new Error('blocked'); };
    Object.defineProperty(Document.prototype, 'cookie', {get: refuse, set: refuse});
    Object.defineProperty(window, 'localStorage', {get: refuse});
  }],
  ['the name', () => { window.touchline = 'mine'; }],
]) {
  test(`a page that lacks ${what} has no errors`, async t => {
    const world = await World.open(t);
    world.page('/', {tag, body});
    const page = await world.visitor({setUp});
    await page.goto(world.url('/?utm_source=a&_tl=' + 'a'.repeat(16) + '.1'));
    const id = await use(page);
    assert.equal(id === null, what === 'randomness');
    assert.equal(await page.evaluate(() => location.search), '?gclid=2', 'what the page itself does goes on');
  });
}

test('fetch takes over from sendBeacon', async t => {
  const world = await World.open(t);
  world.page('/');
  const page = await world.visitor({setUp: () => {
    const {fetch} = window;
    window.fetch = (to, options) => (window.lastOptions = options, fetch(to, options));
    Object.defineProperty(navigator, 'sendBeacon', {value: () => false});
  }});
  await page.goto(world.url('/?gclid=1'));
  const [visit] = await world.arrived('visit');
  assert.equal(visit.url, world.url('/?gclid=1'));
  const {keepalive, credentials, mode} = await page.evaluate(() => window.lastOptions);
  assert.deepEqual([keepalive, credentials, mode], [true, 'omit', 'no-cors']);
});

test('a collector that is down is not heard of', async t => {
  const world = await World.open(t);
  world.page('/', {tag, body});
  const page = await world.visitor();
  await page.goto(world.url('/'));
  await world.arrived('visit');
  world.collector.close();
  // Chromium's own note, which no script can keep back.
  world.expect('Failed to load resource: net::ERR_CONNECTION_REFUSED');
  const failed = page.waitForEvent('requestfailed');
  await use(page);
  await failed;
});

test('a site name is needed', async t => {
  const world = await World.open(t);
  world.page('/', {tag: null, body: `<script defer src="${world.collector.origin}/tag.js"></script>`});
  const page = await world.visitor();
  await page.goto(world.url('/'));
  assert.equal(await page.evaluate(() => typeof touchline), 'undefined');
  assert.deepEqual(await world.all(page), []);
});
