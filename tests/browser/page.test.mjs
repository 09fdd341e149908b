// The listening page in a real browser, from disk. Each test opens the page anew; a failed one ends the run with exit 1.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { launch, poorContrast } from './browser.mjs';

const [path, shots] = process.argv.slice(2);
const url = pathToFileURL(resolve(path)).href;
const DESKTOP = { width: 1400, height: 900 };
const PHONE = { width: 390, height: 844 };

const browser = await launch();

const tests = [];
const test = (name, run, options = {}) => tests.push({ name, run, options });
const state = (page, name) => page.evaluate((key) => window.tonearm[key], name);
const wait = (page, condition, argument) => page.waitForFunction(condition, argument, { timeout: 10_000, polling: 20 });
const playing = (page) => wait(page, () => tonearm.playing && tonearm.level > 0);

/** Times of all words that are spoken, from the page's own document. */
const spokenWords = async (page) => (await state(page, 'timeline')).paragraphs
  .flatMap((paragraph) => paragraph.sentences).flatMap((sentence) => sentence.words)
  .filter((word) => word.confidence.state !== 'absent');

/** Shows a few words around word `index` of those spoken, large enough to be taken by their edges. */
async function zoomTo(page, word) {
  await page.evaluate((secs) => tonearm.seek(secs), word.start + 0.001);
  for (let i = 0; i < 6 && (await state(page, 'view')).reduce((a, b) => b - a) > 5; i++) await page.keyboard.press('+');
  await wait(page, () => document.querySelectorAll('.edge').length > 0);
}

test('opens in two seconds, asks for nothing from outside and reports no error', async (page, seen) => {
  const drawn = await page.evaluate(() => performance.getEntriesByType('navigation')[0].domComplete);
  assert.ok(drawn < 2000, `${drawn.toFixed(0)} ms`);
  assert.deepEqual(seen.requests, [url]);
  return `${drawn.toFixed(0)} ms, ${(readFileSync(path).length / 1e6).toFixed(2)} MB`;
});

test('plays: the position advances with the clock, and sound is heard', async (page) => {
  await page.click('#play');
  await playing(page);
  const [from, began] = [await state(page, 'position'), Date.now()];
  await page.waitForTimeout(1500);
  const [to, took] = [await state(page, 'position'), (Date.now() - began) / 1000];
  assert.ok(Math.abs(to - from - took) < 0.15, `${(to - from).toFixed(3)} s in ${took.toFixed(3)} s`);
  await page.click('#play');
  const paused = await state(page, 'position');
  await page.waitForTimeout(200);
  assert.equal(await state(page, 'position'), paused);
});

test('words light up in time', async (page) => {
  const words = await spokenWords(page);
  await page.evaluate((secs) => tonearm.seek(secs), words[0].start - 0.3);
  await page.keyboard.press('Space');
  await playing(page);
  const seen = await page.evaluate(() => new Promise((done) => {
    const found = new Map();
    const until = performance.now() + 4000;
    const look = () => {
      const lit = document.querySelectorAll('#rows .w.lit');
      if (lit.length === 1 && !found.has(lit[0].dataset.w)) found.set(lit[0].dataset.w, [tonearm.word, tonearm.position]);
      if (performance.now() < until) requestAnimationFrame(look);
      else done([...found.values()]);
    };
    look();
  }));
  assert.ok(seen.length >= 3, `${seen.length} words were lit`);
  const late = seen.slice(1).map(([id, at]) => at - words.find((word) => word.id === id).start);
  assert.ok(late.every((secs) => secs > -0.02 && secs < 0.1), late.map((secs) => secs.toFixed(3)).join(' '));
  return `${seen.length} words, at most ${(Math.max(...late) * 1000).toFixed(0)} ms late`;
});

test('switching keeps the position while it plays', async (page) => {
  await page.keyboard.press('Space');
  await playing(page);
  for (const [key, signal] of [['1', 'before'], ['3', 'removed'], ['2', 'after']]) {
    const [from, began] = [await state(page, 'position'), Date.now()];
    await page.keyboard.press(key);
    await page.waitForTimeout(250);
    assert.equal(await state(page, 'signal'), signal);
    const moved = (await state(page, 'position')) - from;
    const took = (Date.now() - began) / 1000;
    assert.ok(Math.abs(moved - took) < 0.06, `${signal}: ${moved.toFixed(3)} s in ${took.toFixed(3)} s`);
    assert.equal(await page.getAttribute(`#switch [aria-checked="true"]`, 'data-signal'), String(Number(key) - 1));
  }
});

test('half and double speed', async (page) => {
  await page.keyboard.press('Space');
  await playing(page);
  for (const speed of [0.5, 2]) {
    await page.selectOption('#speed', String(speed));
    await page.waitForTimeout(200);
    const [from, began] = [await state(page, 'position'), Date.now()];
    await page.waitForTimeout(1200);
    const rate = ((await state(page, 'position')) - from) / ((Date.now() - began) / 1000);
    assert.ok(Math.abs(rate - speed) < 0.1 * speed, `${rate.toFixed(3)} at ${speed}`);
    assert.ok(await state(page, 'level') > 0);
  }
});

test('a click in the waveform, on a word and on the overview goes there', async (page) => {
  const lane = await (await page.$('#wave')).boundingBox();
  const [start, end] = await state(page, 'view');
  await page.mouse.click(lane.x + lane.width * 0.75, lane.y + 30);
  assert.ok(Math.abs(await state(page, 'position') - (start + 0.75 * (end - start))) < (end - start) / 300, 'a click in the waveform');
  const words = await spokenWords(page);
  const word = words[Math.min(9, words.length - 1)];
  await page.locator('#rows .w').nth((await page.$$eval('#rows .w', (all) => all.map((w) => w.textContent))).indexOf(word.text)).click();
  assert.ok(await state(page, 'playing'), 'a click on a word plays it');
  await page.keyboard.press('Space');
  assert.ok(!await state(page, 'playing'), 'the space bar pauses after a click on a word');
  await page.evaluate(() => window.scrollTo(0, 0));
  const overview = await (await page.$('#overview')).boundingBox();
  await page.mouse.click(overview.x + overview.width / 2, overview.y + 10);
  const duration = Number(await page.getAttribute('#overview', 'aria-valuemax'));
  const at = await state(page, 'position');
  assert.ok(Math.abs(at - duration / 2) < duration / 300, `the overview's middle is at ${at} of ${duration} s`);
});

test('an edge is dragged, undone, moved by key, and the corrected timeline is downloaded', async (page) => {
  const words = await spokenWords(page);
  const index = words.findIndex((word, i) => i > 0 && word.end - word.start > 0.15 && Math.abs(words[i - 1].end - word.start) < 0.001);
  const word = words[Math.max(index, 1)];
  const now = async () => (await spokenWords(page)).find(({ id }) => id === word.id);
  const all = (await state(page, 'timeline')).paragraphs.flatMap((p) => p.sentences).flatMap((s) => s.words);
  const at = all.findIndex(({ id }) => id === word.id);
  await zoomTo(page, word);
  const edge = page.locator(`[data-edge="${at}-end"]`);
  const box = await edge.boundingBox();
  const lane = await (await page.$('#word-lane')).boundingBox();
  const [start, end] = await state(page, 'view');
  const by = -0.06;
  const x = box.x + box.width / 2;
  await page.mouse.move(x, box.y + 8);
  await page.mouse.down();
  await page.mouse.move(x + (by / (end - start)) * lane.width, box.y + 8, { steps: 4 });
  await page.mouse.up();
  assert.ok(Math.abs((await now()).end - (word.end + by)) < 0.01, `${(await now()).end} after ${word.end}`);
  await page.keyboard.press('Control+z');
  assert.equal((await now()).end, word.end);
  await edge.focus();
  await page.keyboard.press('ArrowLeft');
  assert.ok(Math.abs((await now()).end - (word.end - 0.01)) < 1e-6);
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('#download')]);
  assert.equal(download.suggestedFilename(), 'timeline.corrected.json');
  const kept = JSON.parse(readFileSync(await download.path(), 'utf8'));
  const corrected = kept.paragraphs.flatMap((p) => p.sentences).flatMap((s) => s.words).find(({ id }) => id === word.id);
  assert.deepEqual([corrected.end, corrected.confidence, kept.tonearm_timeline], [(await now()).end, { state: 'measured' }, 1]);
});

test('keyboard alone: play, search, text, help, edges', async (page) => {
  await page.keyboard.press('/');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'search');
  const words = await spokenWords(page);
  await page.keyboard.type(words[3].text.replace(/[^\p{L}\p{N}]/gu, '').toUpperCase());
  assert.match(await page.textContent('#search-count'), /^1 of [1-9]/);
  await page.keyboard.press('Enter');
  await page.keyboard.press('Escape');
  assert.equal(await page.textContent('#search-count'), '');
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowRight');
  assert.ok(Math.abs(await state(page, 'position') - 2) < 1e-6);
  await page.keyboard.press('ArrowDown');
  const first = await state(page, 'position');
  await page.keyboard.press('ArrowDown');
  assert.ok(await state(page, 'position') > first);
  await page.keyboard.press('e');
  assert.equal(await page.evaluate(() => document.activeElement.className), 'edge');
  await page.keyboard.press('Escape');
  await page.keyboard.press('?');
  assert.ok(await page.evaluate(() => document.getElementById('help').open));
  await page.keyboard.press('Escape');
  // Everything that Tab reaches has a name.
  const reached = new Set();
  for (let i = 0; i < 60; i++) {
    await page.keyboard.press('Tab');
    const name = await page.evaluate(() => {
      const e = document.activeElement;
      if (e === document.body) return 'end';
      const label = e.getAttribute('aria-label') || e.labels?.[0]?.textContent || e.textContent || '';
      return label.trim() ? `${e.tagName} ${label.trim().slice(0, 30)}` : `unnamed ${e.outerHTML.slice(0, 80)}`;
    });
    assert.ok(!name.startsWith('unnamed'), name);
    if (name === 'end') break;
    reached.add(name);
  }
  assert.ok(reached.size > 12, [...reached].join(', '));
});

test('the pitch stays at every speed', async (page) => {
  const measured = await page.evaluate(() => [0.5, 0.75, 1.5, 2].map((speed) => {
    const rate = 44100;
    const tone = (signal, start, count) => Float32Array.from({ length: count }, (_, n) => Math.sin((2 * Math.PI * 330 * (start + n)) / rate));
    const stretcher = new tonearm.Stretcher(tone, rate);
    stretcher.reset(rate);
    let [crossings, samples, last] = [0, 0, 0];
    while (samples < rate) {
      for (const sample of stretcher.next(speed)[1]) {
        if (last < 0 && sample >= 0) crossings += 1;
        last = sample;
        samples += 1;
      }
    }
    return [speed, (crossings * rate) / samples, (stretcher.position - rate) / samples];
  }));
  for (const [speed, hertz, advance] of measured) {
    assert.ok(Math.abs(hertz - 330) < 4, `${hertz.toFixed(1)} Hz at ${speed}`);
    assert.ok(Math.abs(advance - speed) < 0.01, `the source advances ${advance.toFixed(3)} times as fast at ${speed}`);
  }
  return measured.map(([speed, hertz]) => `${speed}×: ${hertz.toFixed(0)} Hz`).join(', ');
});

test('matched loudness: what is louder is turned down to the softest of before and after', async (page) => {
  await page.keyboard.press('Space');
  await playing(page);
  await page.click('#match');
  await page.waitForTimeout(300);
  const signals = await page.evaluate(() => window.tonearm.signals);
  const heard = [];
  for (const [index, { key, match_db: matchDb }] of signals.entries()) {
    await page.keyboard.press(String(index + 1));
    await page.waitForTimeout(150);
    const gains = await state(page, 'gains');
    assert.ok(Math.abs(gains[index] - 10 ** (matchDb / 20)) < 0.02, `${key}: a gain of ${gains[index]} for ${matchDb} dB`);
    assert.ok(gains.every((gain, other) => other === index || gain < 0.02), `only ${key} is heard`);
    heard.push(`${key} ${matchDb} dB`);
  }
  assert.ok(Math.max(signals[0].match_db, signals[1].match_db) === 0 && Math.min(signals[0].match_db, signals[1].match_db) <= 0);
  return heard.join(', ');
});

test('zoom: in, out, whole side, sentence, by wheel around the pointer', async (page) => {
  const secs = async () => (await state(page, 'view')).reduce((a, b) => b - a);
  const before = await secs();
  await page.click('#zoom-in');
  assert.ok(Math.abs((await secs()) - before / 2) < 1e-6);
  await page.click('#zoom-out');
  assert.ok(Math.abs((await secs()) - before) < 1e-6);
  const box = await (await page.$('#wave')).boundingBox();
  const under = async () => { const [start, end] = await state(page, 'view'); return start + 0.25 * (end - start); };
  const at = await under();
  await page.mouse.move(box.x + box.width / 4, box.y + 20);
  await page.keyboard.down('Control');
  await page.mouse.wheel(0, -60);
  await page.keyboard.up('Control');
  await wait(page, (was) => tonearm.view[1] - tonearm.view[0] < was, before);
  assert.ok(Math.abs((await under()) - at) < before / 200, 'what is under the pointer stays there');
  await page.click('#zoom-all');
  const whole = Number(await page.getAttribute('#overview', 'aria-valuemax'));
  assert.ok(Math.abs((await secs()) - whole) < 0.1);
  const words = await spokenWords(page);
  await page.evaluate((secs_) => tonearm.seek(secs_), words[0].start + 0.01);
  await page.click('#zoom-sentence');
  const [start, end] = await state(page, 'view');
  assert.ok(start <= words[0].start && end > words[0].end && end - start < whole / 2);
});

test('sound that is not in the text has a box with its name', async (page) => {
  const [first] = await spokenWords(page);
  const sounds = ['music', 'applause', undefined];
  const added = sounds.map((sound, i) => ({ start: first.end + 3 * i, end: first.end + 3 * i + 2, kind: 'other', sound }));
  const folder = mkdtempSync(join(tmpdir(), 'tonearm-page-'));
  try {
    const copy = join(folder, 'index.html');
    const begin = '"unaligned":[';
    writeFileSync(copy, readFileSync(path, 'utf8').replace(begin, () => `${begin}${added.map((stretch) => JSON.stringify(stretch)).join()},`));
    await page.goto(pathToFileURL(copy).href);
    await page.evaluate((secs) => tonearm.seek(secs), first.start);
    for (let i = 0; i < 6 && (await state(page, 'view')).reduce((a, b) => b - a) < 20; i++) await page.click('#zoom-out');
    const boxes = page.locator('.outside');
    assert.deepEqual(await boxes.allTextContents(), ['music', 'applause', 'not in the text']);
    await boxes.nth(1).hover({ force: true });
    assert.match(await page.textContent('#inspector'), /^applause.*2\.0 s · no word of the text is heard here$/);
    await boxes.nth(1).click({ force: true });
    assert.ok(Math.abs((await state(page, 'position')) - added[1].start) < 0.01);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('repairs are filtered by height and by length', async (page) => {
  if (!await page.isVisible('#filter')) return 'the page has no repairs';
  const count = async () => Number((await page.textContent('#filter-count')).replaceAll(',', '').match(/^\d+/)[0]);
  const all = await count();
  assert.ok(all > 0);
  const counts = [];
  for (const kind of ['peak', 'length']) {
    await page.selectOption('#filter-kind', kind);
    let last = all;
    for (const share of [0, 30, 60, 100]) {
      await page.$eval('#filter-size', (slider, value) => { slider.value = value; slider.dispatchEvent(new Event('input')); }, share);
      const now = await count();
      assert.ok(now <= last, `${kind} ${share} %: ${now} after ${last}`);
      last = now;
    }
    assert.ok(last < all, `${kind}: nothing was filtered out`);
    counts.push(`${last} of ${all} by ${kind}`);
  }
  return counts.join(', ');
});

test('a screen reader finds every control by role and name, in order', async (page) => {
  const client = await page.context().newCDPSession(page);
  const { nodes } = await client.send('Accessibility.getFullAXTree');
  const found = nodes.filter((node) => !node.ignored).map((node) => ({
    role: node.role?.value, name: node.name?.value || '',
    focusable: (node.properties || []).some(({ name, value }) => name === 'focusable' && value.value),
  }));
  const nameless = found.filter(({ role, name, focusable }) => focusable && !name && role !== 'RootWebArea' && role !== 'dialog');
  assert.deepEqual(nameless, []);
  const has = (role, name) => assert.ok(found.some((node) => node.role === role && name.test(node.name)), `${role} ${name}`);
  has('button', /^Play$/);
  has('radiogroup', /signal/);
  has('toolbar', /Playback/);
  has('slider', /Position in the recording/);
  has('slider', /Volume/);
  has('searchbox', /Search/);
  has('checkbox', /loudness/);
  has('combobox', /Speed/);
  for (const heading of [/^Text$/, /^Spectrograms$/, /^Report$/]) has('heading', heading);
  for (const landmark of ['main', 'banner', 'contentinfo']) has(landmark, /.*/);
  assert.equal(found.filter(({ role }) => role === 'radio').length, 3);
  // Focus goes from the tools to the playback, the scope and the text.
  const order = await page.evaluate(() => ['help-open', 'play', 'overview', 'search'].map((id) =>
    [...document.querySelectorAll('*')].indexOf(document.getElementById(id))));
  assert.deepEqual(order, [...order].sort((a, b) => a - b));
});

for (const [name, viewport, scheme] of [
  ['desktop-light', DESKTOP, 'light'], ['desktop-dark', DESKTOP, 'dark'], ['phone-light', PHONE, 'light'], ['phone-dark', PHONE, 'dark'],
]) {
  test(`${name}: nothing is wider than the screen, text is legible`, async (page) => {
    const words = await spokenWords(page);
    await page.evaluate((secs) => tonearm.seek(secs), words[Math.min(4, words.length - 1)].start + 0.05);
    await page.waitForTimeout(900);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'the page scrolls sideways');
    const poor = await page.evaluate(poorContrast);
    assert.deepEqual(poor, []);
    if (shots) {
      mkdirSync(shots, { recursive: true });
      await page.screenshot({ path: `${shots}/${name}.png` });
      await page.screenshot({ path: `${shots}/${name}-whole.png`, fullPage: true });
    }
  }, { viewport, scheme });
}

let failed = 0;
for (const { name, run, options } of tests) {
  const context = await browser.newContext({
    viewport: options.viewport || DESKTOP, colorScheme: options.scheme || 'light', acceptDownloads: true,
    deviceScaleFactor: options.viewport === PHONE ? 2 : 1,
  });
  const page = await context.newPage();
  const seen = { requests: [], errors: [] };
  page.on('request', (request) => { if (!/^(data|blob):/.test(request.url())) seen.requests.push(request.url()); });
  page.on('pageerror', (error) => seen.errors.push(error.message));
  page.on('console', (message) => { if (message.type() === 'error') seen.errors.push(message.text()); });
  try {
    await page.goto(url);
    const note = await run(page, seen);
    assert.deepEqual(seen.errors, []);
    console.log(`ok      ${name}${note ? ` (${note})` : ''}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED  ${name}\n        ${[error.message, ...seen.errors].join('\n        ')}`);
  }
  await context.close();
}
await browser.close();
console.log(`${tests.length - failed} of ${tests.length} browser tests passed`);
process.exit(failed ? 1 : 0);
