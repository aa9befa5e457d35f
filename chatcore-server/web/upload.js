// Files on their way to the server, with how far they are: `fetch` does not say that.

import { Problem, proof } from "./api.js";

/** Uploads a file; `progress(part)` hears how much of it went, from 0 to 1. Resolves to the attachment. */
export function upload(file, { progress, signal }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const fail = (status, body) => reject(new Problem(status, body, request.getResponseHeader("Retry-After")));
    request.open("POST", "/api/v1/attachments");
    for (const [name, value] of Object.entries(proof())) request.setRequestHeader(name, value);
    request.responseType = "json";
    request.upload.addEventListener("progress", ({ loaded, total }) => progress(total ? loaded / total : 0));
    request.addEventListener("load", () => {
      if (request.status === 201) resolve(request.response);
      else fail(request.status, request.response ?? {});
    });
    // a server that refuses what is too long closes the connection before it has read all
    request.addEventListener("error", () => fail(0, { detail: "The upload broke off: the file may be too large, or the server cannot be reached." }));
    request.addEventListener("abort", () => reject(new DOMException("The upload was given up.", "AbortError")));
    signal.addEventListener("abort", () => request.abort());
    const form = new FormData();
    form.append("file", file, file.name || "file");
    request.send(form);
  });
}
