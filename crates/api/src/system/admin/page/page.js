// The administration console: a client of the same endpoints that everybody else may call. Tokens are kept in this page's
// memory and nowhere else; a reload logs out.
"use strict";

const part = (id) => document.getElementById(id);
const rows = document.querySelector("#accounts tbody");
let tokens = null;
let next = null;

function say(text, isBad = false) {
  part("notice").textContent = text;
  part("notice").className = isBad ? "bad" : "";
}

async function call(method, path, body, mayRefresh = true) {
  const headers = { Accept: "application/json" };
  if (tokens) headers.Authorization = `Bearer ${tokens.access_token}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let response;
  try {
    response = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch {
    throw new Error("The service cannot be reached.");
  }
  const answer = await response.json().catch(() => ({}));
  if (response.status === 401 && tokens && mayRefresh && (await refresh())) return call(method, path, body, false);
  if (!response.ok) {
    const error = new Error(answer.detail || answer.message || `The service answered ${response.status}.`);
    error.status = response.status;
    throw error;
  }
  return { answer, link: response.headers.get("Link") };
}

async function refresh() {
  const headers = { "X-Refresh-Token": tokens.refresh_token };
  const response = await fetch("/api/v1/user/refresh", { method: "POST", headers }).catch(() => null);
  if (!response || !response.ok) return false;
  tokens = await response.json();
  return true;
}

function show(isLoggedIn) {
  part("log-in").hidden = isLoggedIn;
  part("accounts").hidden = !isLoggedIn;
  part("log-out").hidden = !isLoggedIn;
  if (!isLoggedIn) {
    tokens = null;
    rows.replaceChildren();
    part("log-in").querySelector("input").focus();
  }
}

function fail(error) {
  say(error.message, true);
  if (error.status === 401 || (error.status === 403 && rows.childElementCount === 0)) show(false);
}

function day(moment) {
  return moment ? new Date(moment).toLocaleString() : "never";
}

function cell(row, text, className = "text") {
  const made = row.insertCell();
  made.className = className;
  made.textContent = text ?? "";
  made.title = text ?? "";
  return made;
}

function draw(row, account) {
  row.replaceChildren();
  cell(row, account.email);
  cell(row, account.username);
  cell(row, account.full_name);
  cell(row, day(account.date_joined));
  cell(row, day(account.last_login));
  const roles = [account.is_superuser ? "superuser" : account.is_staff ? "staff" : "", account.is_verified ? "" : "unconfirmed"];
  const state = [account.is_active ? "active" : "disabled", ...roles].filter(Boolean).join(", ");
  cell(row, state, account.is_active ? "good" : "bad");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "quiet";
  button.textContent = account.is_active ? "Disable" : "Enable";
  button.addEventListener("click", () => change(row, account, button));
  cell(row, "").append(button);
}

async function change(row, account, button) {
  const verb = account.is_active ? "disable" : "enable";
  if (account.is_active && !window.confirm(`Disable ${account.email}? Everything it is logged in to ends at once.`)) return;
  button.disabled = true;
  try {
    const { answer } = await call("POST", `/admin/accounts/${verb}`, { id: account.id });
    draw(row, answer);
    say(`${answer.email} is ${answer.is_active ? "active" : "disabled"}.`);
  } catch (error) {
    button.disabled = false;
    fail(error);
  }
}

async function list(path, isFresh) {
  const { answer, link } = await call("GET", path);
  if (isFresh) rows.replaceChildren();
  for (const account of answer) draw(rows.insertRow(), account);
  const target = /<([^>]+)>;\s*rel="next"/.exec(link ?? "");
  next = target ? target[1] : null;
  part("more").hidden = next === null;
  say(rows.childElementCount === 0 ? "There is no such account." : "");
}

async function look() {
  const answer = await fetch("/api/health/").then((response) => response.json()).catch(() => null);
  const backends = answer?.backends ?? {};
  const states = Object.entries(backends).map(([name, state]) => `${name}: ${state.status ?? state}`);
  part("backends").textContent = states.join(" · ");
}

part("log-in").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  const name = form.elements.name.value.trim();
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    const who = name.includes("@") ? { email: name } : { username: name };
    const { answer } = await call("POST", "/api/login/", { ...who, password: form.elements.password.value });
    tokens = answer;
    await list("/admin/accounts", true);
    form.reset();
    show(true);
  } catch (error) {
    fail(error);
  } finally {
    button.disabled = false;
  }
});

part("look-up").addEventListener("submit", (event) => {
  event.preventDefault();
  const name = event.target.elements.name.value.trim();
  list(name ? `/admin/accounts?name=${encodeURIComponent(name)}` : "/admin/accounts", true).catch(fail);
});

part("more").addEventListener("click", () => list(next, false).catch(fail));

part("log-out").addEventListener("click", async () => {
  const { access_token, refresh_token } = tokens;
  const headers = { Authorization: `Bearer ${access_token}`, "X-Refresh-Token": refresh_token, "Content-Type": "application/json" };
  await fetch("/api/v1/user/logout", { method: "POST", headers, body: JSON.stringify({ refresh_token }) }).catch(() => null);
  show(false);
  say("Logged out.");
});

show(false);
look();
