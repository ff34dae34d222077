// The docs: shows the API document, and tries what it shows, as any other client does. The access token is kept in this
// page's memory and nowhere else.
"use strict";

const part = (id) => document.getElementById(id);
const tokenField = part("token").elements.token;
let api = null;

function make(tag, className, ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children);
  return element;
}

/* Text of the document: what stands in backticks is code. */
function prose(text) {
  return text.split("`").map((piece, place) => (place % 2 ? make("code", "", piece) : piece));
}

function resolve(value) {
  if (!value?.$ref) return value ?? {};
  const target = value.$ref.replace(/^#\//, "").split("/").reduce((found, name) => found[name], api);
  return { ...resolve(target), ...(value.description && { description: value.description }) };
}

/* What a value looks like, in a few words. */
function kind(given) {
  const schema = resolve(given);
  const choices = schema.oneOf ?? schema.anyOf;
  if (choices) return choices.map(kind).join(" or ");
  const types = [schema.type ?? "anything"].flat();
  const words = types.map((type) => (type === "array" ? `list of ${kind(schema.items)}` : type));
  if (schema.format) words[0] += ` (${schema.format})`;
  if (schema.minLength > 1) words.push(`at least ${schema.minLength} characters`);
  if (schema.maxLength) words.push(`at most ${schema.maxLength} characters`);
  if (schema.minimum > Number.MIN_SAFE_INTEGER) words.push(`at least ${schema.minimum}`);
  if (schema.default !== undefined) words.push(`otherwise ${schema.default}`);
  return words.join(", ");
}

/* The members of a shape, those of the objects in it behind a dot. */
function members(given, prefix = "") {
  const schema = resolve(given);
  if (schema.allOf) return schema.allOf.flatMap((inner) => members(inner, prefix));
  if (schema.type === "array") return members(schema.items, `${prefix}[].`);
  const own = Object.entries(schema.properties ?? {}).flatMap(([name, inner]) => {
    const found = resolve(inner);
    const below = members(inner, found.type === "array" ? `${prefix}${name}` : `${prefix}${name}.`);
    return [[`${prefix}${name}`, kind(inner), found.description, schema.required?.includes(name)], ...below];
  });
  if (typeof schema.additionalProperties !== "object") return own;
  const inner = schema.additionalProperties;
  return [...own, [`${prefix}…`, kind(inner), schema.description], ...members(inner, `${prefix}….`)];
}

function table(rows) {
  const body = make("tbody");
  for (const [name, type, about, isNeeded] of rows) {
    const row = body.insertRow();
    row.append(make("td", "", make("code", isNeeded ? "needed" : "", name)));
    row.append(make("td", "kind", type, ...(about ? [make("br"), ...prose(about)] : [])));
  }
  return make("table", "", body);
}

function shapes(schema) {
  const choices = schema.anyOf && schema.anyOf.every((choice) => choice.$ref) ? schema.anyOf : [schema];
  return choices.map((choice) => members(choice)).filter((rows) => rows.length > 0).map(table);
}

function access(operation) {
  const ways = (operation.security ?? []).flatMap((way) => Object.keys(way));
  if (ways.length === 0) return "Anybody may call.";
  const isOptional = operation.security.some((way) => Object.keys(way).length === 0);
  const words = { bearer: "an access token", service: "the secret of a service", refresh_bearer: "a refresh token as bearer" };
  return `${isOptional ? "May carry" : "Needs"} ${ways.map((way) => words[way] ?? way).join(" or ")}.`;
}

function answer(status, response) {
  const { description, headers, content } = resolve(response);
  const shown = make("details", "answer", make("summary", "", make("code", status < 400 ? "good" : "bad", status), " ", ...prose(description)));
  if (headers) shown.append(table(Object.entries(headers).map(([name, header]) => [name, "header", header.description])));
  for (const [type, { schema, examples }] of Object.entries(content ?? {})) {
    if (type !== "application/json") shown.append(make("p", "quiet-text", make("code", "", type)));
    shown.append(...shapes(schema ?? {}));
    for (const example of Object.values(examples ?? {})) {
      shown.append(make("p", "quiet-text", example.summary), make("pre", "", JSON.stringify(example.value, null, 2)));
    }
  }
  return shown;
}

function description(operation) {
  const column = make("div");
  if (operation.description) column.append(make("p", "", ...prose(operation.description)));
  column.append(make("p", "quiet-text", access(operation)));
  if (operation.parameters) {
    const rows = operation.parameters.map((one) => [one.name, `${one.in}, ${kind(one.schema)}`, one.description, one.required]);
    column.append(make("h3", "", "Parameters"), table(rows));
  }
  if (operation.requestBody) {
    const [{ schema }] = Object.values(operation.requestBody.content);
    column.append(make("h3", "", operation.requestBody.required ? "Body" : "Body, which may be left out"), ...shapes(schema));
  }
  return column;
}

function answers(operation) {
  return make("div", "", make("h3", "", "Answers"), ...Object.entries(operation.responses).map(([status, one]) => answer(status, one)));
}

function field(label, name, value = "") {
  const input = make("input");
  Object.assign(input, { name, value, autocomplete: "off", autocapitalize: "none", spellcheck: false });
  return make("label", "", label, input);
}

/* The form with which an operation is tried. */
function trial(method, path, operation) {
  const form = make("form", "try", make("h3", "", "Try it"));
  const ways = (operation.security ?? []).flatMap((way) => Object.keys(way));
  for (const { name, in: place } of operation.parameters ?? []) form.append(field(`${name} (${place})`, `${place}:${name}`));
  if (ways.includes("service")) form.append(field("X-SERVICE-SECRET (header)", "header:X-SERVICE-SECRET"));
  if (ways.includes("refresh_bearer")) form.append(field("Refresh token (Authorization: Bearer)", "bearer"));
  const content = operation.requestBody?.content;
  if (content) {
    const select = make("select", "", ...Object.keys(content).map((type) => make("option", "", type)));
    select.name = "type";
    const body = make("textarea");
    Object.assign(body, { name: "body", rows: 7, spellcheck: false, autocapitalize: "none" });
    const fill = () => { body.value = example(content[select.value].example, select.value); };
    select.addEventListener("change", fill);
    fill();
    form.append(make("label", "", "Content-Type", select), make("label", "", "Body", body));
  }
  const button = make("button", "", "Send");
  const result = make("div", "result");
  result.setAttribute("aria-live", "polite");
  form.append(button, result);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    await send(method, path, operation, form, result);
    button.disabled = false;
  });
  return form;
}

function example(value, type) {
  return type === "application/json" ? JSON.stringify(value, null, 2) : new URLSearchParams(value).toString();
}

/* The request that a form asks for. */
function request(method, path, operation, form) {
  const headers = { Accept: "application/json" };
  const query = new URLSearchParams();
  let target = path;
  for (const { name, value } of form.elements) {
    const [place, key] = name.split(":");
    if (place === "path") target = target.replace(`{${key}}`, encodeURIComponent(value));
    else if (value === "") continue;
    else if (place === "header") headers[key] = value;
    else if (place === "query") query.set(key, value);
    else if (place === "bearer") headers.Authorization = `Bearer ${value}`;
  }
  const takesToken = (operation.security ?? []).some((way) => "bearer" in way);
  if (takesToken && tokenField.value.trim()) headers.Authorization = `Bearer ${tokenField.value.trim()}`;
  const body = form.elements.body?.value || undefined;
  if (body) headers["Content-Type"] = form.elements.type.value;
  return [query.size ? `${target}?${query}` : target, { method: method.toUpperCase(), headers, body }];
}

async function send(method, path, operation, form, result) {
  let response, text;
  try {
    response = await fetch(...request(method, path, operation, form));
    text = await response.text();
  } catch {
    result.replaceChildren(make("p", "bad", "The service cannot be reached, or the browser refused to send this."));
    return;
  }
  let shown = text;
  try {
    const parsed = JSON.parse(text);
    shown = JSON.stringify(parsed, null, 2);
    if (response.ok) adopt(operation["x-gives-bearer"], parsed);
  } catch {
    // Not everything that is answered is JSON.
  }
  const status = make("p", response.ok ? "good" : "bad", `${response.status} ${response.statusText}`);
  const headers = [...response.headers].map(([name, value]) => `${name}: ${value}`).join("\n");
  result.replaceChildren(status, make("pre", "", shown || "(nothing)"), make("details", "answer", make("summary", "", "Headers"), make("pre", "", headers)));
}

/* Goes on with the access token of an answer, which stands where this JSON pointer says. */
function adopt(pointer, value) {
  const token = pointer?.split("/").slice(1).reduce((found, name) => found?.[name], value);
  if (!token) return;
  tokenField.value = token;
  part("token-note").textContent = "The token of the last login. It is sent with every call that takes one.";
}

function shownOperation(method, path, operation) {
  const summary = make("summary", "", make("span", `method ${method}`, method.toUpperCase()), make("code", "", path), make("span", "about", operation.summary));
  const shown = make("details", "operation", summary);
  shown.id = operation.operationId;
  shown.dataset.text = `${method} ${path} ${operation.summary} ${operation.operationId}`.toLowerCase();
  shown.addEventListener("toggle", () => {
    if (!shown.open) return;
    if (!shown.querySelector(".inside")) shown.append(make("div", "inside", description(operation), trial(method, path, operation), answers(operation)));
    if (location.hash.slice(1) !== shown.id) history.replaceState(null, "", `#${shown.id}`);
  });
  return shown;
}

function show() {
  const all = Object.entries(api.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method, path, operation })));
  for (const tag of api.tags) {
    const own = all.filter(({ operation }) => operation.tags.includes(tag.name));
    const shown = own.map(({ method, path, operation }) => shownOperation(method, path, operation));
    part("sections").append(make("section", "section", make("h2", "", tag.name), make("p", "", ...prose(tag.description)), ...shown));
  }
  document.title = `${api.info.title}: API`;
  document.querySelector("h1").textContent = api.info.title;
  part("about").replaceChildren(...api.info.description.split("\n\n").map((text) => make("p", "", ...prose(text))));
  for (const id of ["about", "token", "search"]) part(id).hidden = false;
  part("notice").hidden = true;
}

/* Opens the operation that the address names. */
function goThere() {
  const target = location.hash && part(location.hash.slice(1));
  if (!target?.matches("details.operation")) return;
  target.open = true;
  target.scrollIntoView();
  target.querySelector("summary").focus({ preventScroll: true });
}

function search(event) {
  const words = event.target.value.toLowerCase().split(/\s+/);
  for (const section of document.querySelectorAll(".section")) {
    const operations = [...section.querySelectorAll("details.operation")];
    for (const one of operations) one.hidden = !words.every((word) => one.dataset.text.includes(word));
    section.hidden = operations.every((one) => one.hidden);
  }
}

part("token").addEventListener("submit", (event) => event.preventDefault());
part("token").querySelector("button").addEventListener("click", () => { tokenField.value = ""; });
part("search").querySelector("input").addEventListener("input", search);
window.addEventListener("hashchange", goThere);

fetch("/openapi.json", { headers: { Accept: "application/json" } })
  .then((response) => (response.ok ? response.json() : Promise.reject(new Error(`The service answered ${response.status}.`))))
  .then((found) => {
    api = found;
    show();
    goThere();
  })
  .catch((error) => { part("notice").textContent = `The document could not be read. ${error.message}`; });
