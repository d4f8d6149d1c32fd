import assert from 'node:assert/strict';
import test from 'node:test';
import {leaveAlone} from './browser.mjs';
import {World} from './world.mjs';

test('a prerendered page is visited when it is shown, not before', {timeout: 20_000}, async t => {
  const world = await World.open(t);
  const rules = {prerender: [{urls: ['/next?utm_source=a'], eagerness: 'immediate'}]};
  world.script('/rules.json', JSON.stringify(rules), 'application/speculationrules+json');
  const prerendered = deferred(), shown = deferred();
  world.on('/prerendered', async () => (await prerendered.promise, 'now'));
  world.on('/ran', async prerendering => {
    prerendered.resolve({prerendering, arrivals: await world.collector.arrivals()});
    return '';
  });
  world.on('/shown', activationStart => {
    shown.resolve(Number(activationStart));
    return '';
  });
  world.script('/start.js', `fetch('/prerendered').then(() => { location.href = '/next?utm_source=a'; });`);
  // Runs after the tag, as both are deferred.
  world.script('/next.js', `
    fetch('/ran?' + document.prerendering);
    document.addEventListener('prerenderingchange', () =>
      fetch('/shown?' + performance.getEntriesByType('navigation')[0].activationStart));`);
  world.page('/', {tag: null, body: '<script src="/start.js"></script>', headers: {'speculation-rules': '"/rules.json"'}});
  world.page('/next', {body: '<script defer src="/next.js"></script>'});

  await leaveAlone(t, world.url('/'));
  assert.deepEqual(await prerendered.promise, {prerendering: 'true', arrivals: []});
  const [visit] = await world.arrived('visit');
  assert.equal(visit.url, world.url('/next?utm_source=a'));
  assert.ok(await shown.promise > 0, 'what was shown is what was prerendered');
  assert.equal((await world.collector.arrivals()).length, 1);
});

function deferred() {
  const later = {};
  later.promise = new Promise(resolve => { later.resolve = resolve; });
  return later;
}
