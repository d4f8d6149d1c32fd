// Consent, and signals of browsers that ask not to be followed.
import assert from 'node:assert/strict';
import test from 'node:test';
import {cookies, World} from './world.mjs';

const stored = page => page.evaluate(() => [document.cookie, Object.keys(localStorage).join()]);

// Tries all that could send or store something.
const act = page => page.evaluate(() => {
  touchline.conversion({a: 1});
  touchline.push(['conversion', {b: 2}]);
  history.pushState({}, '', location.pathname + '?gclid=2');
  document.forms[0].addEventListener('submit', event => event.preventDefault());
  document.forms[0].requestSubmit();
  document.querySelector('a').dispatchEvent(new MouseEvent('click', {bubbles: true, cancelable: true}));
  return touchline.id();
});

const everything = 'data-forms="on" data-link="other.test"';
const body = `<form><input name="a" value="1"><input name="lead" data-touchline="id"></form><a href="#">here</a>`;

test('where consent is required, nothing happens before it is given', async t => {
  const world = await World.open(t);
  world.page('/', {tag: `data-consent="required" ${everything}`, body});
  const page = await world.visitor();
  await page.goto(world.url('/?gclid=1'));
  assert.equal(await act(page), null);
  assert.deepEqual(await world.all(page), []);
  assert.deepEqual(await stored(page), ['', '']);
  assert.equal(await page.inputValue('[name=lead]'), '');

  await page.evaluate(() => touchline.consent('granted'));
  const [visit] = await world.arrived('visit');
  assert.equal(visit.url, world.url('/?gclid=1'), 'the landing page counts, though the page has moved on');
  assert.equal((await cookies(page, '_tl_id')).value, visit.raId);
  assert.equal(await page.inputValue('[name=lead]'), visit.raId);
  await page.evaluate(() => touchline.consent('granted'));
  assert.equal((await world.all(page)).length, 1, 'granted twice is granted');

  await page.evaluate(() => touchline.consent('denied'));
  assert.deepEqual(await stored(page), ['', '']);
  assert.equal(await page.inputValue('[name=lead]'), '');
  assert.equal(await act(page), null);
  assert.equal((await world.all(page)).length, 1);

  await page.evaluate(() => touchline.consent('granted'));
  const [, again] = await world.arrived('visit', 2);
  assert.notEqual(again.raId, visit.raId, 'who was forgotten is somebody new');
});

test('consent must be said on each page', async t => {
  const world = await World.open(t);
  world.script('/granted.js', `(window.touchline = window.touchline || []).push(['consent', 'granted'])`);
  world.page('/', {tag: 'data-consent="required"', before: '<script src="/granted.js"></script>'});
  world.page('/silent', {tag: 'data-consent="required"'});
  const page = await world.visitor();
  await page.goto(world.url('/?utm_source=a'));
  assert.equal((await world.arrived('visit'))[0].url, world.url('/?utm_source=a'));
  await page.goto(world.url('/silent?utm_source=b'));
  assert.equal((await world.all(page)).length, 1);
});

test('a refusal before the tag comes keeps it silent, and takes what was stored', async t => {
  const world = await World.open(t);
  world.script('/denied.js', `(window.touchline = window.touchline || []).push(['consent', 'denied'])`);
  world.page('/', {});
  world.page('/denied', {tag: everything, before: '<script src="/denied.js"></script>', body});
  const page = await world.visitor();
  await page.goto(world.url('/', 'www.shop.test'));
  await world.arrived('visit');
  await page.goto(world.url('/denied?gclid=1'));
  assert.equal(await act(page), null);
  assert.equal((await world.all(page)).length, 1);
  assert.deepEqual(await cookies(page), []);
});

for (const [signal, setUp] of [
  ['Global Privacy Control', () => Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', {get: () => true})],
  ['Do Not Track', () => Object.defineProperty(Navigator.prototype, 'doNotTrack', {get: () => '1'})],
]) {
  test(`${signal} is honoured`, async t => {
    const world = await World.open(t);
    world.page('/', {tag: everything, body});
    const page = await world.visitor({setUp});
    await page.context().addCookies([{name: '_tl_id', value: 'a'.repeat(16), domain: '.shop.test', path: '/'}]);
    await page.goto(world.url('/?gclid=1'));
    assert.equal(await act(page), null);
    await page.evaluate(() => touchline.consent('granted'));
    assert.deepEqual(await world.all(page), []);
    assert.deepEqual(await stored(page), ['', ''], 'what an earlier visit left is gone too');
  });

  test(`${signal} is not honoured where the site says so`, async t => {
    const world = await World.open(t);
    world.page('/', {tag: 'data-dnt="ignore"'});
    const page = await world.visitor({setUp});
    await page.goto(world.url('/'));
    await world.arrived('visit');
  });
}

test('a browser that has Do Not Track set to no is not refused', async t => {
  const world = await World.open(t);
  world.page('/');
  const page = await world.visitor({setUp: () => {
    Object.defineProperty(Navigator.prototype, 'doNotTrack', {get: () => '0'});
    Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', {get: () => false});
  }});
  await page.goto(world.url('/'));
  await world.arrived('visit');
});
