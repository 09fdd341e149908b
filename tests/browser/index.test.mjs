// The page that `tonearm batch` writes for several sides, in a real browser: `index.test.mjs TONEARM [SCREENSHOT_DIR]`. The batch is
// small: one side with its text, nine short recordings without one, and a file that is none.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { launch, poorContrast } from './browser.mjs';

const [tonearm, shots] = process.argv.slice(2);
const testdata = fileURLToPath(new URL('../../testdata/', import.meta.url));
const RATE = 8000;

/** A tone as 16-bit WAV. */
function tone(secs) {
  const count = Math.round(secs * RATE);
  const wav = Buffer.alloc(44 + 2 * count);
  wav.write('RIFF', 0); wav.writeUInt32LE(36 + 2 * count, 4); wav.write('WAVEfmt ', 8);
  wav.writeUInt32LE(16, 16); wav.writeUInt16LE(1, 20); wav.writeUInt16LE(1, 22);
  wav.writeUInt32LE(RATE, 24); wav.writeUInt32LE(2 * RATE, 28); wav.writeUInt16LE(2, 32); wav.writeUInt16LE(16, 34);
  wav.write('data', 36); wav.writeUInt32LE(2 * count, 40);
  for (let n = 0; n < count; n++) wav.writeInt16LE(Math.round(8000 * Math.sin((2 * Math.PI * 440 * n) / RATE)), 44 + 2 * n);
  return wav;
}

const work = mkdtempSync(join(tmpdir(), 'tonearm-index-'));
process.on('exit', () => rmSync(work, { recursive: true, force: true }));
const box = join(work, 'Box 7 & <others>');
mkdirSync(box);
copyFileSync(join(testdata, 'english-short.flac'), join(box, 'Élan vital.flac'));
copyFileSync(join(testdata, 'english-short.txt'), join(box, 'Élan vital.txt'));
for (let side = 1; side <= 9; side++) writeFileSync(join(box, `side ${side} #${side % 2 ? 'A' : 'B'}.wav`), tone(1 + side / 4));
writeFileSync(join(box, 'unreadable.wav'), 'this is no recording');
const out = join(work, 'out');
try {
  execFileSync(resolve(tonearm), ['batch', box, '--language', 'en', '--out-dir', out], { stdio: ['ignore', 'ignore', 'pipe'] });
  assert.fail('a side that cannot be read is a failure of the batch');
} catch (error) {
  assert.equal(error.status !== undefined && /1 of 11/.test(error.stderr), true, `${error.message} ${error.stderr}`);
}
const url = pathToFileURL(join(out, 'index.html')).href;

const tests = [];
const test = (name, run, options = {}) => tests.push({ name, run, options });
const shown = (page) => page.$$eval('#sides > li', (all) => all.filter((side) => !side.hidden).map((side) => side.querySelector('h2').textContent));

test('lists every side with its length and figures, and asks for nothing from outside', async (page, seen) => {
  assert.equal(await page.textContent('h1'), 'Box 7 & <others>');
  assert.equal((await shown(page)).length, 11);
  assert.match(await page.textContent('.meta'), /11 sides.*0:49 in all.*1 not done/);
  assert.match(await page.textContent('li:has(a[href$="index.html"])'), /0:29.*\d+ of 93 words heard · .*clicks? repaired/s);
  assert.match(await page.textContent('.failed'), /not done.*not an audio file/s);
  assert.deepEqual(seen.requests, [url]);
});

test('every link leads to a file that opens', async (page) => {
  const links = await page.$$eval('#sides a', (all) => all.map((link) => link.href));
  assert.equal(links.length, 10);
  const status = await page.evaluate(() => [...document.querySelectorAll('#sides a')].map((a) => a.getAttribute('href')));
  assert.ok(status.every((href) => href.startsWith('./')), status.join(' '));
  await page.click('#sides a[href$="index.html"]');
  await page.waitForFunction(() => window.tonearm?.timeline);
  await page.goBack();
  await page.goto(links.find((link) => link.endsWith('restored.wav')));
  await page.waitForFunction(() => document.querySelector('video, audio')?.duration > 1);
});

test('finds and orders sides by keyboard alone', async (page) => {
  await page.keyboard.press('/');
  await page.keyboard.type('elan');
  assert.deepEqual(await shown(page), ['Élan vital']);
  assert.equal(await page.textContent('#count'), '1 of 11');
  await page.keyboard.press('Control+a');
  await page.keyboard.type('nowhere');
  assert.equal(await page.textContent('#count'), 'no side has that');
  await page.keyboard.press('Escape');
  assert.equal((await shown(page)).length, 11);
  const given = await shown(page);
  await page.keyboard.press('Tab');
  await page.keyboard.press('l');
  const long = await shown(page);
  assert.deepEqual(long.slice(0, 2), ['Élan vital', 'side 9 #A']);
  assert.equal(long.at(-1), 'unreadable');
  await page.selectOption('#order', 'title');
  assert.equal((await shown(page))[0], 'Élan vital');
  await page.selectOption('#order', 'given');
  assert.deepEqual(await shown(page), given);
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.tagName), 'A');
});

test('a screen reader finds list, search and headings by role and name', async (page) => {
  const client = await page.context().newCDPSession(page);
  const { nodes } = await client.send('Accessibility.getFullAXTree');
  const found = nodes.filter((node) => !node.ignored).map((node) => [node.role?.value, node.name?.value || '']);
  for (const [role, name] of [['main', ''], ['banner', ''], ['search', 'Sides'], ['searchbox', 'Find a side'], ['combobox', 'Order'], ['link', 'Élan vital']])
    assert.ok(found.some(([r, n]) => r === role && n.startsWith(name)), `${role} ${name}`);
  assert.equal(found.filter(([role]) => role === 'heading').length, 12);
});

const [DESKTOP, PHONE] = [{ width: 1400, height: 900 }, { width: 390, height: 844 }];
for (const [name, viewport, scheme] of [
  ['desktop-light', DESKTOP, 'light'], ['desktop-dark', DESKTOP, 'dark'], ['phone-light', PHONE, 'light'], ['phone-dark', PHONE, 'dark'],
]) {
  test(`${name}: nothing is wider than the screen, text is legible`, async (page) => {
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'the page scrolls sideways');
    assert.deepEqual(await page.evaluate(poorContrast), []);
    if (shots) {
      mkdirSync(shots, { recursive: true });
      await page.screenshot({ path: `${shots}/index-${name}.png` });
    }
  }, { viewport, scheme });
}

const browser = await launch();
let failed = 0;
for (const { name, run, options } of tests) {
  const context = await browser.newContext({ viewport: options.viewport || DESKTOP, colorScheme: options.scheme || 'light' });
  const page = await context.newPage();
  const seen = { requests: [], errors: [] };
  page.on('request', (request) => { if (!/^(data|blob):/.test(request.url())) seen.requests.push(request.url()); });
  page.on('pageerror', (error) => seen.errors.push(error.message));
  try {
    await page.goto(url);
    await run(page, seen);
    assert.deepEqual(seen.errors, []);
    console.log(`ok      index: ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED  index: ${name}\n        ${[error.message, ...seen.errors].join('\n        ')}`);
  }
  await context.close();
}
await browser.close();
console.log(`${tests.length - failed} of ${tests.length} browser tests of the index passed`);
process.exit(failed ? 1 : 0);
