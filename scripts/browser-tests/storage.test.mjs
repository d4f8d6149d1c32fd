// Browsers that keep nothing, or refuse to.
import assert from 'node:assert/strict';
import test from 'node:test';
import {contextWithoutCookies} from './browser.mjs';
import {cookies, World} from './world.mjs';

test('cookies that a user has blocked', async t => {
  const world = await World.open(t);
  world.page('/');
  const page = await world.visitor({context: await contextWithoutCookies(t)});
  await page.goto(world.url('/?utm_source=a'));
  assert.equal(await page.evaluate(() => {
    try { return localStorage.length; } catch (error) { return error.name; }
  }), 'SecurityError', 'localStorage is blocked as well');
  const [{raId}] = await world.arrived('visit');
  await page.evaluate(() => {
    history.pushState({}, '', '/next');
    touchline.conversion({a: 1});
  });
  assert.equal((await world.arrived('conversion'))[0].raId, raId, 'one visitor while the page lives');
  assert.equal((await world.all(page, 'visit')).length, 1);
});

test('a frame without an origin, where touching cookies throws', async t => {
  const world = await World.open(t);
  world.page('/', {tag: null, body: '<iframe sandbox="allow-scripts" src="/framed"></iframe>'});
  world.page('/framed');
  const page = await world.visitor();
  await page.goto(world.url('/'));
  const [{raId}] = await world.arrived('visit');
  const frame = page.frames()[1];
  assert.equal(await frame.evaluate(() => {
    try { return document.cookie; } catch (error) { return error.name; }
  }), 'SecurityError');
  assert.equal(await frame.evaluate(() => touchline.id()), raId);
});

test('without cookies, localStorage keeps the visitor', async t => {
  const world = await World.open(t);
  world.page('/');
  const page = await world.visitor({setUp: () => {
    Object.defineProperty(Document.prototype, 'cookie', {get: () => '', set: () => {}});
  }});
  await page.goto(world.url('/'));
  const [{raId}] = await world.arrived('visit');
  await page.goto(world.url('/?second'));
  assert.equal(await page.evaluate(() => touchline.id()), raId);
  assert.equal((await world.all(page)).length, 1);
  await page.evaluate(() => touchline.consent('denied'));
  assert.equal(await page.evaluate(() => localStorage.length), 0);
});

test('an id that is not one is replaced', async t => {
  const world = await World.open(t);
  world.page('/');
  const page = await world.visitor();
  await page.context().addCookies([{name: '_tl_id', value: 'broken"id', domain: '.shop.test', path: '/'}]);
  await page.goto(world.url('/'));
  const [{raId}] = await world.arrived('visit');
  assert.match(raId, /^[\w-]{16}$/);
  assert.equal((await cookies(page, '_tl_id')).value, raId);
});

test('a visit renews what is kept, and does not change it', async t => {
  const world = await World.open(t);
  world.page('/');
  const page = await world.visitor();
  const soon = Math.floor(Date.now() / 1000) + 3600;
  const id = {name: '_tl_id', value: 'abcdefgh-_345678', domain: '.shop.test', path: '/', expires: soon};
  await page.context().addCookies([id]);
  await page.goto(world.url('/'));
  assert.equal((await world.arrived('visit'))[0].raId, 'abcdefgh-_345678');
  const all = (await cookies(page)).filter(cookie => cookie.name === '_tl_id');
  assert.equal(all.length, 1);
  assert.ok(all[0].expires > soon + 86400);
});
