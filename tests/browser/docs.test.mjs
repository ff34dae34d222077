// The docs in the browser.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { launch, open, picture } from "./browser.mjs";
import { SUPERUSER, start } from "./service.mjs";

let browser, service;
before(async () => {
  [browser, service] = await Promise.all([launch(), start()]);
});
after(async () => {
  await browser?.close();
  await service?.stop();
});

/** Tries an operation with this body, and waits for what is answered. */
async function attempt(page, operation, body) {
  const shown = page.locator(`#${operation}`);
  if (!(await shown.evaluate((details) => details.open))) await shown.locator("summary").first().click();
  if (body) await shown.getByLabel("Body", { exact: true }).fill(JSON.stringify(body));
  await shown.getByRole("button", { name: "Send" }).click();
  const result = shown.locator(".result");
  await result.locator("pre").first().waitFor();
  return { status: await result.locator("p").first().textContent(), body: await result.locator("pre").first().textContent() };
}

test("the page shows every operation of the document, without an error or a foreign request", async () => {
  const { page, troubles } = await open(browser, service.origin);
  await page.goto("/docs");
  await page.locator("details.operation").first().waitFor();
  const document = await (await page.request.get("/openapi.json")).json();
  const described = Object.values(document.paths).flatMap((methods) => Object.values(methods));
  assert.equal(await page.locator("details.operation").count(), described.length);
  for (const { operationId } of described) {
    await page.locator(`#${operationId} > summary`).click();
    await page.locator(`#${operationId} form`).waitFor();
  }
  assert.deepEqual(troubles, []);
});

test("trying a login is enough to call what is protected", async () => {
  const { page, troubles } = await open(browser, service.origin);
  await page.goto("/docs");
  const { email, password } = SUPERUSER;
  const login = await attempt(page, "users_login", { email, password });
  assert.match(login.status, /^200/);
  assert.match(await page.getByLabel("Access token").inputValue(), /^[\w-]+\.[\w-]+\.[\w-]+$/);
  const profile = await attempt(page, "accounts_profile");
  assert.match(profile.status, /^200/);
  assert.equal(JSON.parse(profile.body).email, email);
  assert.deepEqual(troubles, []);
  await picture(page, "docs-tried");
});

test("without a token what is protected says so", async () => {
  const { page } = await open(browser, service.origin);
  await page.goto("/docs/#accounts_profile");
  const profile = await attempt(page, "accounts_profile");
  assert.match(profile.status, /^401/);
});

test("a form, a query and a header are sent as they are described", async () => {
  const { page, troubles } = await open(browser, service.origin);
  await page.goto("/docs");
  const demonstration = page.locator("#request_token");
  await demonstration.locator("summary").first().click();
  await demonstration.getByLabel("Content-Type").selectOption("application/x-www-form-urlencoded");
  const token = await attempt(page, "request_token");
  assert.match(JSON.parse(token.body).token, /^user123_\d+$/);
  const list = page.locator("#users_list");
  await list.locator("summary").first().click();
  await list.getByLabel("limit (query)").fill("1");
  const listed = await attempt(page, "users_list");
  assert.equal(JSON.parse(listed.body).length, 1);
  const { email, password } = SUPERUSER;
  const login = JSON.parse((await attempt(page, "users_login", { email, password })).body);
  const refresh = page.locator("#users_refresh");
  await refresh.locator("summary").first().click();
  await refresh.getByLabel("X-Refresh-Token (header)").fill(login.refresh_token);
  assert.match((await attempt(page, "users_refresh")).status, /^200/);
  assert.deepEqual(troubles, []);
});

test("a path of the API that is opened in the browser is its description", async () => {
  const { page, troubles } = await open(browser, service.origin);
  await page.goto("/api/v1/user/login");
  await page.locator("#users_login form").waitFor();
  assert.equal(page.url(), `${service.origin}/docs/#users_login`);
  assert.ok(await page.locator("#users_login").evaluate((details) => details.getBoundingClientRect().top < innerHeight));
  assert.deepEqual(troubles, []);
});

test("what is looked for is found by its path and by what it is for", async () => {
  const { page } = await open(browser, service.origin);
  await page.goto("/docs");
  await page.getByLabel("Find").fill("/login log");
  assert.deepEqual(await page.locator("details.operation:visible summary code").allTextContents(), [
    "/api/auth/login", "/auth/login", "/api/v1/user/login", "/api/login",
  ]);
});

for (const colorScheme of ["light", "dark"]) {
  for (const width of [360, 1280]) {
    test(`the page fits ${width} pixels, and is ${colorScheme} where the system is`, async () => {
      const { page, troubles } = await open(browser, service.origin, { colorScheme, viewport: { width, height: 740 } });
      await page.goto("/docs/#accounts_register");
      await page.locator("#accounts_register form").waitFor();
      for (const answer of await page.locator("#accounts_register .answer > summary").all()) await answer.click();
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width);
      const ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      const [red] = /\d+/.exec(ground);
      assert.equal(Number(red) < 128, colorScheme === "dark", ground);
      assert.deepEqual(troubles, []);
      await page.evaluate(() => scrollTo(0, 0));
      await picture(page, `docs-${width}-${colorScheme}`);
    });
  }
}
