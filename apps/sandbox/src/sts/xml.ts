import { randomUUID } from "node:crypto";
import type { SandboxResponse } from "../http-server.ts";
import type { StsError } from "./sts-error.ts";

const NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/";

/** Members of an XML element; undefined ones are left out. */
export interface XmlMembers {
  [name: string]: string | number | XmlMembers | undefined;
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#xD;" };

function escapeXml(text: string): string {
  return text.replaceAll(/[&<>\r]/g, (character) => ENTITIES[character] ?? character);
}

function element(name: string, value: XmlMembers[string], indent: string): string {
  if (value === undefined) {
    return "";
  }
  if (typeof value !== "object") {
    return `${indent}<${name}>${escapeXml(String(value))}</${name}>\n`;
  }
  return `${indent}<${name}>\n${members(value, `${indent}  `)}${indent}</${name}>\n`;
}

function members(value: XmlMembers, indent: string): string {
  return Object.entries(value)
    .map(([name, member]) => element(name, member, indent))
    .join("");
}

function answer(status: number, requestId: string, root: string, content: XmlMembers): SandboxResponse {
  return {
    status,
    headers: { "Content-Type": "text/xml", "x-amzn-RequestId": requestId },
    body: `<${root} xmlns="${NAMESPACE}">\n${members(content, "  ")}</${root}>\n`,
  };
}

/** A good answer in the AWS Query protocol. */
export function successResponse(action: string, result: XmlMembers): SandboxResponse {
  const requestId = randomUUID();
  return answer(200, requestId, `${action}Response`, {
    [`${action}Result`]: result,
    ResponseMetadata: { RequestId: requestId },
  });
}

/** An error answer in the AWS Query protocol. */
export function errorResponse({ code, httpStatus, message }: StsError): SandboxResponse {
  const requestId = randomUUID();
  return answer(httpStatus, requestId, "ErrorResponse", {
    Error: { Type: httpStatus >= 500 ? "Receiver" : "Sender", Code: code, Message: message },
    RequestId: requestId,
  });
}
