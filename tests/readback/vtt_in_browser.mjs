// Prints the cues that Chromium reads from a WebVTT file, as JSON: start, end, text, and the timestamps inside the text.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(new URL('../browser/', import.meta.url));
const { chromium } = require('playwright-core');

const vtt = readFileSync(process.argv[2]).toString('base64');
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ['--headless', '--no-sandbox', '--disable-gpu'] });
const page = await browser.newPage();
const cues = await page.evaluate((source) => new Promise((done, failed) => {
  const video = document.createElement('video');
  const track = document.createElement('track');
  track.onload = () => done([...track.track.cues].map((cue) => {
    const markup = cue.getCueAsHTML();
    const stamps = [];
    const walker = document.createTreeWalker(markup, NodeFilter.SHOW_PROCESSING_INSTRUCTION);
    while (walker.nextNode()) {
      const [seconds, minutes, hours = 0] = walker.currentNode.data.split(':').reverse().map(Number);
      stamps.push(hours * 3600 + minutes * 60 + seconds);
    }
    return { start: cue.startTime, end: cue.endTime, text: markup.textContent, stamps };
  }));
  track.onerror = () => failed(new Error('the track cannot be read'));
  track.src = `data:text/vtt;base64,${source}`;
  video.append(track);
  track.track.mode = 'hidden';
  document.body.append(video);
}), vtt);
console.log(JSON.stringify(cues));
await browser.close();
