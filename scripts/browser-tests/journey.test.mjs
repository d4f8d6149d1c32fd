// From an advertisement to a deal, with the real product: what a site owner pastes, what a visitor does, what a CRM sends.
import assert from 'node:assert/strict';
import test from 'node:test';
import {Touchline, eventually} from './touchline.mjs';
import {World} from './world.mjs';

const CHROME = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.0.0 Safari/537.36';
const PHONE = 'Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.0.0 Mobile Safari/537.36';
const ADVERTISEMENT = '/?utm_source=google&utm_medium=cpc&utm_campaign=spring&utm_term=desk&gclid=Cj0KCQ';

// A shop with its product, and a magazine on another site that carries an advertisement for it.
async function shop(t, ...options) {
  const touchline = await Touchline.start(t);
  const world = await World.open(t, touchline);
  const before = await touchline.line('--forms', ...options);
  world.page('/', {title: 'Desks', tag: null, before, body: '<a id="more" href="/contact">Contact</a>'});
  world.page('/contact', {title: 'Contact', tag: null, before, body: `
    <form id="quote" method="post" action="/send"><input name="email" type="email"><input name="name">
    <input type="hidden" name="visitor" data-touchline="id"><button>Send</button></form>`});
  world.redirect('/send', '/thanks');
  world.page('/thanks', {title: 'Thank you', tag: null, before});
  world.page('/magazine', {tag: null, body: `<a id="ad" href="${world.url(ADVERTISEMENT)}">Desks!</a>`});
  return {touchline, world};
}

async function ask(page, world, email) {
  await page.goto(world.url('/contact'));
  await page.fill('[name=email]', email);
  await page.fill('[name=name]', 'Ann Example');
  await page.click('button');
  await page.waitForURL('**/thanks');
}

test('a click, two pages, a form, and a deal by email: the deal knows the click, and why', async t => {
  const {touchline, world} = await shop(t);
  const page = await world.visitor({userAgent: CHROME});
  await page.goto(world.url('/magazine', 'www.magazine.test'));
  await page.click('#ad');
  await page.click('#more');
  await page.waitForURL('**/contact');
  const raId = await eventually('the visitor id in the hidden field', () => page.inputValue('[name=visitor]'));
  await ask(page, world, 'Ann@Example.com');
  const known = await eventually('the form', async () => {
    const person = await touchline.person('email=ann%40example.com');
    return person?.conversions.length && person;
  });
  assert.deepEqual(known.visitors.map(visitor => visitor.raId), [raId]);
  await touchline.upload('OPP-1', {EmailAddress: 'ann@example.com'});

  const deal = await touchline.deal('OPP-1');
  const {match} = deal;
  assert.deepEqual([deal.matched, match.matched, match.matchedBy.value], [true, true, 'ann@example.com']);
  assert.deepEqual(match.path.map(step => [step.kind, step.value]), [['EmailAddress', 'ann@example.com'], ['RaId', raId]]);
  assert.equal(match.path[1].by.kind, 'webConversion');
  assert.equal(match.visits.length, 1, 'two pages and a form are one visit');
  const [visit] = match.visits;
  assert.equal(visit.landingPage, world.url(ADVERTISEMENT));
  assert.match(visit.referrer, /^http:\/\/www\.magazine\.test/);
  assert.deepEqual([visit.title, visit.device, visit.crawler], ['Desks', 'desktop', undefined]);
  const {classification} = visit;
  assert.deepEqual(
    [classification.channel, classification.source, classification.campaign, classification.term, classification.rule.name],
    ['Paid Search', 'google', 'spring', 'desk', 'paid-search'],
  );
  assert.deepEqual(classification.clickIds, [{kind: 'gclid', value: 'Cj0KCQ'}]);

  const person = await touchline.person('reference=OPP-1');
  assert.deepEqual(person.records.map(record => record.reference), ['OPP-1']);
  assert.deepEqual(person.conversions[0].payload, [
    {name: 'email', value: 'Ann@Example.com'}, {name: 'name', value: 'Ann Example'},
  ]);
  const tie = person.evidence.find(piece => piece.kind === 'webConversion');
  assert.ok(tie.identifiers.some(one => one.value === raId) && tie.identifiers.some(one => one.value === 'ann@example.com'));
});

test('the deal may come before the form, and a second device belongs to the same person', async t => {
  const {touchline, world} = await shop(t);
  await touchline.upload('OPP-2', {EmailAddress: 'ann@example.com'});
  assert.deepEqual([(await touchline.deal('OPP-2')).matched, (await touchline.deal('OPP-2')).match.reason], [false, 'nothing_found']);
  for (const userAgent of [CHROME, PHONE]) await ask(await world.visitor({userAgent}), world, 'ann@example.com');
  const deal = await eventually('both devices', async () => {
    const deal = await touchline.deal('OPP-2');
    return deal.match.visitors.length === 2 && deal;
  });
  assert.deepEqual(deal.match.visits.map(visit => visit.device).sort(), ['desktop', 'mobile']);
  const listed = await touchline.get('/api/v1/sites/s/opportunities?matched=true');
  assert.deepEqual(listed.records.map(record => record.reference), ['OPP-2']);
});

test('a CRM that keeps the hidden field names the visitor by it', async t => {
  const {touchline, world} = await shop(t);
  const page = await world.visitor({userAgent: CHROME});
  await page.goto(world.url('/contact?gclid=1'));
  const raId = await eventually('the visitor id in the hidden field', () => page.inputValue('[name=visitor]'));
  await touchline.upload('OPP-3', {RaId: raId});
  const deal = await eventually('the visit', async () => {
    const deal = await touchline.deal('OPP-3');
    return deal.matched && deal;
  });
  assert.deepEqual([deal.match.matchedBy.kind, deal.match.visits[0].classification.channel], ['RaId', 'Paid Search']);
});

test('without consent nothing arrives; a crawler is marked', async t => {
  const {touchline, world} = await shop(t, '--consent');
  const page = await world.visitor();
  await page.goto(world.url('/contact'));
  await page.fill('[name=email]', 'ann@example.com');
  await page.click('button');
  await page.waitForURL('**/thanks');
  assert.equal(await page.evaluate(() => touchline.id()), null);
  await page.evaluate(() => touchline.consent('granted'));
  const raId = await page.evaluate(() => touchline.id());
  const person = await eventually('the visit', () => touchline.person(`raId=${raId}`));
  assert.equal(person.visits.length, 1);
  assert.match(person.visits[0].crawler, /Headless/i);
  assert.equal(await touchline.person('email=ann%40example.com'), null, 'what was sent before was never told');
});
