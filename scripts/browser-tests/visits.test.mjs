// A visit is reported when it begins, and only then.
import assert from 'node:assert/strict';
import test from 'node:test';
import {site} from './collector.mjs';
import {away, cookies, World} from './world.mjs';

const VISITOR_ID = /^[\w-]{16}$/;

test('the first page tells all there is to know', async t => {
  const world = await World.open(t);
  world.page('/from', {tag: null, body: '<a href>go</a>'});
  world.page('/landing', {title: 'Shoes & boots'});
  const page = await world.visitor({screen: {width: 1440, height: 900}, viewport: {width: 800, height: 600}});
  await page.goto(world.url('/from', 'blog.test'));
  await page.evaluate(shop => { document.querySelector('a').href = shop; },
    world.url('/landing?utm_source=news&utm_medium=email&utm_campaign=may&utm_term=a&utm_content=b&gclid=Abc-1#part'));
  await page.context().addCookies([{name: '_ga', value: 'GA1.1.1234567.7654321', domain: 'www.shop.test', path: '/'}]);
  await page.click('a');
  const [visit] = await world.arrived('visit');
  assert.match(visit.raId, VISITOR_ID);
  assert.deepEqual(visit, {
    url: world.url('/landing?utm_source=news&utm_medium=email&utm_campaign=may&utm_term=a&utm_content=b&gclid=Abc-1'),
    referrer: world.url('/', 'blog.test'),
    screen: '1440x900',
    raId: visit.raId,
    cookie: '1234567.7654321',
    title: 'Shoes & boots',
  });
  assert.equal(await page.evaluate(() => touchline.id()), visit.raId);
  const [fact] = await world.collector.arrivals();
  assert.equal(fact.headers['content-type'], 'text/plain', 'so that no preflight is needed');
  const id = await cookies(page, '_tl_id');
  assert.deepEqual([id.value, id.path, id.sameSite, id.httpOnly], [visit.raId, '/', 'Lax', false]);
  assert.ok(Math.abs(id.expires - Date.now() / 1000 - 400 * 86400) < 60, 'it is kept for 400 days');
});

test('what is not there is not made up', async t => {
  const world = await World.open(t);
  world.page('/', {title: ''});
  const page = await world.visitor();
  await page.goto(world.url('/'));
  const [visit] = await world.arrived('visit');
  assert.deepEqual(Object.keys(visit).sort(), ['raId', 'referrer', 'screen', 'title', 'url']);
  assert.deepEqual([visit.referrer, visit.title], ['', '']);
});

test('the second page belongs to the same visit', async t => {
  const world = await World.open(t);
  world.page('/one', {body: '<a href="/two">two</a>'});
  world.page('/two');
  const page = await world.visitor();
  await page.goto(world.url('/one?utm_source=news'));
  await page.click('a');
  await page.waitForURL('**/two');
  await page.reload();
  assert.equal((await world.all(page)).length, 1);
});

test('after half an hour without a sign a new visit begins', async t => {
  const world = await World.open(t);
  world.page('/');
  const page = await world.visitor();
  await page.goto(world.url('/'));
  await world.arrived('visit');
  await away(page, 29);
  await page.goto(world.url('/?within'));
  await away(page, 29);
  await page.goto(world.url('/?still-within'));
  assert.equal((await world.all(page)).length, 1, 'each page is a sign');
  await away(page, 31);
  await page.goto(world.url('/?after'));
  const [first, second] = await world.arrived('visit', 2);
  assert.equal(second.url, world.url('/?after'));
  assert.equal(second.raId, first.raId);
});

test('the site says how long a visit may pause', async t => {
  const world = await World.open(t);
  world.page('/', {tag: 'data-timeout="5"'});
  const page = await world.visitor();
  await page.goto(world.url('/'));
  await world.arrived('visit');
  await away(page, 6);
  await page.goto(world.url('/'));
  await world.arrived('visit', 2);
});

test('another campaign begins a new visit, the same one does not', async t => {
  const world = await World.open(t);
  world.page('/');
  const page = await world.visitor();
  const go = path => page.goto(world.url(path));
  await go('/?utm_source=a&utm_medium=cpc');
  await go('/?utm_medium=cpc&other=1&utm_source=a');
  await go('/');
  assert.equal((await world.all(page)).length, 1);
  await go('/?utm_source=b');
  await world.arrived('visit', 2);
  await go('/?msclkid=1');
  await world.arrived('visit', 3);
  await go('/?msclkid=2');
  const visits = await world.arrived('visit', 4);
  assert.deepEqual(new Set(visits.map(visit => visit.raId)).size, 1);
  await go('/?utm_source=');
  assert.equal((await world.all(page)).length, 4, 'an empty one is none');
});

test('every click id that is known begins a visit of its own', async t => {
  const world = await World.open(t);
  world.page('/');
  const page = await world.visitor();
  const ids = ['gclid', 'gbraid', 'wbraid', 'dclid', 'gad_source', 'gad_campaignid', 'msclkid', 'fbclid', 'ttclid',
    'li_fat_id', 'twclid', 'rdt_cid', 'epik', 'ScCid', 'yclid'];
  for (const [index, id] of ids.entries()) {
    await page.goto(world.url(`/?${id}=1`));
    assert.equal((await world.arrived('visit', index + 1)).at(-1).url, world.url(`/?${id}=1`));
  }
});

test('a fragment is told only if a campaign is in it', async t => {
  const world = await World.open(t);
  world.page('/');
  const page = await world.visitor();
  await page.goto(world.url('/#utm_source=a'));
  assert.equal((await world.arrived('visit'))[0].url, world.url('/#utm_source=a'));
  await page.goto(world.url('/?gclid=1#/private?note=2'));
  assert.equal((await world.arrived('visit', 2))[1].url, world.url('/?gclid=1'));
});

test('of an address that is too long the campaign is kept', async t => {
  const world = await World.open(t);
  world.page('/');
  const page = await world.visitor();
  await page.goto(world.url(`/?filler=${'x'.repeat(3000)}&gclid=1`));
  assert.equal((await world.arrived('visit'))[0].url, world.url('/?gclid=1'));
});

test('a long title is cut where JSON stays whole', async t => {
  const world = await World.open(t);
  world.page('/', {title: 'a'.repeat(254) + '😀'});
  const page = await world.visitor();
  await page.goto(world.url('/'));
  assert.equal((await world.arrived('visit'))[0].title, 'a'.repeat(254) + '\ufffd');
});

test('a tag that is pasted twice reports once', async t => {
  const world = await World.open(t);
  const line = `<script defer src="${world.collector.origin}/tag.js" data-site="${site}" data-forms="on"></script>`;
  const body = '<form action="/"><input name="city" value="Rome"><button></form>';
  world.page('/', {tag: 'data-forms="on"', before: line, body});
  const page = await world.visitor();
  await page.goto(world.url('/'));
  await page.click('button');
  await page.waitForURL('**/?city=Rome');
  assert.equal((await world.all(page, 'visit')).length, 1);
  assert.equal((await world.all(page, 'conversion')).length, 1);
});

test('over https its cookies are secure', async t => {
  const world = await World.open(t);
  const page = await world.visitor();
  const tag = await (await fetch(world.collector.origin.replace('touchline.test', '127.0.0.1') + '/tag.js')).text();
  const html = `<!doctype html><title>x</title><script src="https://touchline.test/tag.js" data-site="${site}"></script>`;
  await page.context().route('https://www.shop.test/', route => route.fulfill({contentType: 'text/html', body: html}));
  await page.context().route('https://touchline.test/**', route => route.request().method() === 'GET' ?
    route.fulfill({contentType: 'text/javascript', body: tag}) : route.fulfill({status: 204}));
  const reported = page.waitForRequest('https://touchline.test/tag/*/visit');
  await page.goto('https://www.shop.test/');
  assert.equal((await reported).method(), 'POST');
  const all = await cookies(page);
  assert.deepEqual(all.map(cookie => [cookie.name, cookie.secure]).sort(), [['_tl_id', true], ['_tl_visit', true]]);
});
