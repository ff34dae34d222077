// The administration console in the browser.

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

test("a superuser logs in and sees the accounts", async () => {
  const { page, troubles } = await open(browser, service.origin);
  await page.goto("/admin/");
  await page.getByLabel("Address or username").first().fill(SUPERUSER.username);
  await page.getByLabel("Password").fill(SUPERUSER.password);
  await page.getByRole("button", { name: "Log in" }).click();
  const row = page.locator("#accounts tbody tr");
  await row.first().waitFor();
  assert.equal(await row.count(), 1);
  assert.match(await row.first().textContent(), /root@example\.com.*superuser/);
  assert.deepEqual(troubles, []);
  await picture(page, "admin");
});

test("somebody else is told so, and sees nothing", async () => {
  const { page } = await open(browser, service.origin);
  const data = { username: "ana", email: "ana@example.com", password: "securepassword123" };
  await page.request.post("/api/v1/user/create", { data });
  await page.goto("/admin/");
  await page.getByLabel("Address or username").first().fill(data.email);
  await page.getByLabel("Password").fill(data.password);
  await page.getByRole("button", { name: "Log in" }).click();
  await page.locator("#notice.bad").waitFor();
  assert.match(await page.locator("#notice").textContent(), /Only staff/);
  assert.ok(await page.locator("#accounts").isHidden());
});
