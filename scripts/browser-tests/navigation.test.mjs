// Pages that change without being loaded, and pages that are come back to.
import assert from 'node:assert/strict';
import test from 'node:test';
import {away, World} from './world.mjs';

test('a single-page app stays one visit', async t => {
  const world = await World.open(t);
  world.page('/');
  const page = await world.visitor();
  await page.goto(world.url('/?utm_source=a'));
  await page.evaluate(() => {
    history.pushState({}, '', '/list');
    history.replaceState({}, '', '/list?sort=price');
    history.pushState({}, '', '/list/1');
    history.back();
  });
  await page.waitForURL('**/list?sort=price');
  assert.equal((await world.all(page)).length, 1);
});

test('a single-page app that moves to another campaign begins a visit', async t => {
  const world = await World.open(t);
  world.page('/', {title: 'Start'});
  const page = await world.visitor();
  await page.goto(world.url('/?utm_source=a'), {referer: 'https://search.example/'});
  await page.evaluate(() => history.pushState({}, '', '/offer?utm_source=b'));
  const [, second] = await world.arrived('visit', 2);
  assert.equal(second.url, world.url('/offer?utm_source=b'));
  assert.equal(second.referrer, 'https://search.example/');
  await page.evaluate(() => history.replaceState({}, '', '/offer?gclid=1'));
  await world.arrived('visit', 3);
  await page.goBack();
  assert.equal((await world.all(page)).length, 3, 'going back is not a click on the first ad');
});

test('history keeps what pages rely on', async t => {
  const world = await World.open(t);
  world.page('/');
  const page = await world.visitor();
  await page.goto(world.url('/'));
  await world.arrived('visit');
  const seen = await page.evaluate(() => {
    const returned = history.pushState({step: 1}, '', '/next');
    let refusal;
    try { history.pushState({}, '', 'https://other.example/'); } catch (error) { refusal = error.name; }
    history.pushState({step: 2}, '');
    return [returned, history.state, location.pathname, refusal];
  });
  assert.deepEqual(seen, [undefined, {step: 2}, '/next', 'SecurityError']);
});

test('a move within the app after a pause begins a visit that no ad is thanked for', async t => {
  const world = await World.open(t);
  world.page('/');
  const page = await world.visitor();
  await page.goto(world.url('/?utm_source=a'), {referer: 'https://search.example/'});
  await world.arrived('visit');
  await away(page, 31);
  await page.evaluate(() => history.pushState({}, '', '/next?utm_source=a'));
  const [, second] = await world.arrived('visit', 2);
  assert.deepEqual([second.url, second.referrer], [world.url('/next'), '']);
});

test('a page out of the back/forward cache', async t => {
  const world = await World.open(t);
  world.script('/remember.js', 'addEventListener("pageshow", event => { window.wasPersisted = event.persisted; })');
  world.page('/landing', {before: '<script src="/remember.js"></script>'});
  world.page('/elsewhere', {tag: null});
  const page = await world.visitor();
  const back = async () => {
    await page.evaluate(() => { history.back(); });
    await page.waitForURL('**/landing*', {waitUntil: 'commit'}); // it is not loaded again
    await page.waitForFunction(() => window.wasPersisted);
  };
  await page.goto(world.url('/landing?gclid=1'));
  await world.arrived('visit');
  await page.goto(world.url('/elsewhere'));
  await back();
  assert.equal((await world.all(page)).length, 1, 'soon: the visit goes on');
  await page.goto(world.url('/elsewhere'));
  await away(page, 31);
  await back();
  const [first, second] = await world.arrived('visit', 2);
  assert.deepEqual([second.raId, second.url], [first.raId, world.url('/landing')], 'late: a new visit, without a new click');
});

test('a reload after a pause is a visit, but not another click', async t => {
  const world = await World.open(t);
  world.page('/');
  const page = await world.visitor();
  await page.goto(world.url('/?gclid=1'));
  await world.arrived('visit');
  await away(page, 31);
  await page.reload();
  assert.equal((await world.arrived('visit', 2))[1].url, world.url('/'));
});

// Headless pages are never hidden, so the test sends the event. And not every browser tells a page out of the cache both
// that it is visible and that it is shown again, as Chromium does, so each has to do by itself.
for (const [what, tell] of [
  ['a tab that is looked at again', () => { document.dispatchEvent(new Event('visibilitychange')); }],
  ['a page that is only told that it is shown again', () => {
    window.dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}));
  }],
]) {
  test(what, async t => {
    const world = await World.open(t);
    world.page('/');
    const page = await world.visitor();
    await page.goto(world.url('/?utm_source=a'));
    await world.arrived('visit');
    await page.evaluate(tell);
    assert.equal((await world.all(page)).length, 1);
    await away(page, 31);
    await page.evaluate(tell);
    assert.equal((await world.arrived('visit', 2))[1].url, world.url('/'));
  });
}
