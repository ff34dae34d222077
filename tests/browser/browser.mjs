// A real Chromium, and pages in it that tell of everything that should not happen.

import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

import { chromium } from "playwright-core";

/** The browser that CHROMIUM names, or the first one on the PATH. */
function program() {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const found = ["chromium", "google-chrome"].flatMap((name) => folders.map((folder) => join(folder, name)));
  const executable = process.env.CHROMIUM ?? found.find(existsSync);
  if (!executable) throw new Error("There is no Chromium here. `make browser` installs one, or says how.");
  return executable;
}

/** Starts it. Its sandbox cannot be had as root, which is what containers run as. */
export function launch() {
  const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  return chromium.launch({ executablePath: program(), args });
}

/** A page, and the list of what went wrong on it: errors in its console, and requests to anybody but `origin`. */
export async function open(browser, origin, options = {}) {
  const context = await browser.newContext({ baseURL: origin, ...options });
  const page = await context.newPage();
  const troubles = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) troubles.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => troubles.push(`script: ${error.message}`));
  page.on("request", (request) => {
    if (!request.url().startsWith(`${origin}/`)) troubles.push(`foreign: ${request.url()}`);
  });
  return { page, troubles };
}

/** Keeps a picture of the page, where SCREENSHOTS names a folder. */
export async function picture(page, name) {
  const folder = process.env.SCREENSHOTS;
  if (folder) await page.screenshot({ path: join(folder, `${name}.png`) });
}
