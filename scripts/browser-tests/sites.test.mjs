// One visitor on several hosts: subdomains by default, other domains by decorated links.
import assert from 'node:assert/strict';
import test from 'node:test';
import {cookies, World} from './world.mjs';

test('subdomains share the visitor and the visit', async t => {
  const world = await World.open(t);
  world.page('/');
  const page = await world.visitor();
  await page.goto(world.url('/', 'www.shop.test'));
  const [{raId}] = await world.arrived('visit');
  for (const host of ['shop.test', 'app.eu.shop.test']) {
    await page.goto(world.url('/', host));
    assert.equal(await page.evaluate(() => touchline.id()), raId, host);
  }
  assert.equal((await world.all(page)).length, 1);
  const all = await cookies(page);
  assert.deepEqual(all.map(({name, domain}) => name + domain).sort(), ['_tl_id.shop.test', '_tl_visit.shop.test'],
    'nothing is left of finding out');
});

test('a domain that strangers share is not used', async t => {
  const world = await World.open(t);
  world.page('/');
  const page = await world.visitor();
  await page.goto(world.url('/', 'www.shop.co.uk'));
  await world.arrived('visit');
  assert.equal((await cookies(page, '_tl_id')).domain, '.shop.co.uk');
});

for (const host of ['127.0.0.1', 'localhost']) {
  test(`a host without a domain, ${host}, keeps the visitor too`, async t => {
    const world = await World.open(t);
    world.page('/');
    const page = await world.visitor();
    await page.goto(world.url('/', host));
    const [{raId}] = await world.arrived('visit');
    await page.goto(world.url('/?second', host));
    assert.equal(await page.evaluate(() => touchline.id()), raId);
    assert.equal((await world.all(page)).length, 1);
    assert.equal((await cookies(page, '_tl_id')).domain, host);
  });
}

test('the site can name a narrower domain', async t => {
  const world = await World.open(t);
  world.page('/', {tag: 'data-domain="eu.shop.test"'});
  const page = await world.visitor();
  await page.goto(world.url('/', 'www.eu.shop.test'));
  await world.arrived('visit');
  assert.equal((await cookies(page, '_tl_id')).domain, '.eu.shop.test');
  await page.evaluate(() => touchline.consent('denied'));
  assert.deepEqual(await cookies(page), []);
});

async function twoDomains(t, tag = 'data-link="shop.test, market.test"') {
  const world = await World.open(t);
  world.page('/', {tag: 'data-link="other.test, market.test"', body: '<a href>go</a>'});
  world.page('/checkout', {tag});
  const page = await world.visitor();
  await page.goto(world.url('/'));
  const [{raId}] = await world.arrived('visit');
  const link = to => page.evaluate(to => { document.querySelector('a').href = to; }, to);
  return {world, page, raId, link};
}

test('a link to another domain of the site takes the visitor along', async t => {
  const {world, page, raId, link} = await twoDomains(t);
  await link(world.url('/checkout?item=1#top', 'pay.market.test'));
  const decorated = page.waitForRequest(request => request.url().includes('_tl='));
  await page.click('a');
  const [, id, time] = new URL((await decorated).url()).search.match(/^\?item=1&_tl=([\w-]{16})\.(\w+)$/);
  assert.equal(id, raId);
  assert.ok(Math.abs(parseInt(time, 36) - Date.now() / 1000) < 60);
  await page.waitForURL(world.url('/checkout?item=1#top', 'pay.market.test'));
  await page.evaluate(() => touchline.conversion({a: 1}));
  const [conversion] = await world.arrived('conversion');
  assert.deepEqual([conversion.raId, conversion.url], [raId, world.url('/checkout?item=1', 'pay.market.test')]);
  assert.equal((await world.all(page, 'visit')).length, 1, 'the visit goes on');
  const all = await page.context().cookies(world.url('/', 'market.test'));
  assert.equal(all.find(cookie => cookie.name === '_tl_id').value, raId);
});

test('a decorated link with a campaign begins a visit of the same visitor', async t => {
  const {world, page, raId, link} = await twoDomains(t);
  await link(world.url('/checkout?utm_source=a', 'market.test'));
  await page.click('a');
  const [, second] = await world.arrived('visit', 2);
  assert.deepEqual([second.raId, second.url], [raId, world.url('/checkout?utm_source=a', 'market.test')]);
});

test('links are decorated as they are used, once, with the middle button too, and no others', async t => {
  const {world, page, raId, link} = await twoDomains(t);
  const click = (type = 'click') => page.evaluate(type => {
    const a = document.querySelector('a');
    a.addEventListener(type, event => event.preventDefault(), {once: true});
    a.dispatchEvent(new MouseEvent(type, {bubbles: true, cancelable: true}));
    return a.getAttribute('href');
  }, type);
  for (const [from, to] of [
    ['http://market.test/', /^http:\/\/market\.test\/\?_tl=[\w-]{16}\.\w+$/],
    ['http://market.test/#a?b', /^http:\/\/market\.test\/\?_tl=[\w-]{16}\.\w+#a\?b$/],
    ['http://market.test/?_tl=aaaaaaaaaaaaaaaa.1&b=2', /^http:\/\/market\.test\/\?b=2&_tl=[\w-]{16}\.\w+$/],
    ['http://notmarket.test/', /^http:\/\/notmarket\.test\/$/],
    ['/here', /^\/here$/],
    ['mailto:a@market.test', /^mailto:a@market\.test$/],
  ]) {
    await link(from);
    assert.match(await click(), to);
    assert.match(await click('auxclick'), to);
  }
  assert.ok(raId);
});

for (const [what, mark] of [
  ['an old mark', id => `${id}.${Math.floor(Date.now() / 1000 - 130).toString(36)}`],
  ['a mark from the future', id => `${id}.${Math.floor(Date.now() / 1000 + 130).toString(36)}`],
]) {
  test(`${what} is not taken over`, async t => {
    const world = await World.open(t);
    world.page('/');
    const page = await world.visitor();
    await page.goto(world.url(`/?_tl=${mark('a'.repeat(16))}&b=2`));
    const [visit] = await world.arrived('visit');
    assert.notEqual(visit.raId, 'a'.repeat(16));
    assert.equal(visit.url, world.url('/?b=2'));
    assert.equal(page.url(), world.url('/?b=2'));
  });
}

test('a mark that is not ours stays', async t => {
  const world = await World.open(t);
  world.page('/');
  const page = await world.visitor();
  await page.goto(world.url('/?_tl=theirs&b=2'));
  assert.equal((await world.arrived('visit'))[0].url, world.url('/?_tl=theirs&b=2'));
  assert.equal(page.url(), world.url('/?_tl=theirs&b=2'));
});

test('without consent no link is decorated, and no visitor taken over', async t => {
  const world = await World.open(t);
  world.page('/', {tag: 'data-consent="required" data-link="market.test"', body: '<a href="http://market.test/">go</a>'});
  const page = await world.visitor();
  const mark = 'a'.repeat(16) + '.' + Math.floor(Date.now() / 1000).toString(36);
  await page.goto(world.url(`/?_tl=${mark}`));
  await page.evaluate(() => {
    const a = document.querySelector('a');
    a.addEventListener('click', event => event.preventDefault());
    a.click();
  });
  assert.equal(await page.getAttribute('a', 'href'), 'http://market.test/');
  assert.deepEqual(await cookies(page), []);
  assert.equal(page.url(), world.url('/'));
  await page.evaluate(() => touchline.consent('granted'));
  assert.equal(await page.evaluate(() => touchline.id()), 'a'.repeat(16), 'taken over once it is given');
});
