import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { Operation as WireOperation } from "./gen/vibe/access/v1/access_pb.js";
import { AclSchema, type Acl as WireAcl, type AclRule as WireRule } from "./gen/vibe/access/v1/acl_pb.js";

/** What can be done to documents. No operation implies another one. A newer server may name more, as `operation_N`. */
export type Operation = "read" | "create" | "update" | "delete" | "share" | `operation_${number}`;

/** Covers some people for some operations. */
export interface AclRule {
  /** The people by their DIDs, at least one. */
  readonly people: readonly string[];
  /** The operations, at least one; `create` is refused. */
  readonly operations: readonly Operation[];
}

/**
 * Who, besides the owner of the space, may do what with one document. Whom a denying rule covers is refused, whatever
 * else allows it; whom no allowing rule covers is refused too. The owner can do everything and is named in no list, so
 * that `{}` leaves access to the owner alone. Nobody can give what they do not have themselves.
 */
export interface Acl {
  /** The rules that allow; at most 1,000 people in all. */
  readonly allow?: readonly AclRule[] | undefined;
  /** The rules that deny; at most 1,000 people in all. */
  readonly deny?: readonly AclRule[] | undefined;
}

const numbers: Readonly<Record<string, WireOperation>> = {
  read: WireOperation.READ,
  create: WireOperation.CREATE,
  update: WireOperation.UPDATE,
  delete: WireOperation.DELETE,
  share: WireOperation.SHARE,
};

export function aclToWire(acl: Acl): WireAcl {
  return create(AclSchema, { allow: (acl.allow ?? []).map(ruleToWire), deny: (acl.deny ?? []).map(ruleToWire) });
}

export function aclFromWire(acl: WireAcl | undefined): Acl | undefined {
  return acl && { allow: acl.allow.map(ruleFromWire), deny: acl.deny.map(ruleFromWire) };
}

function ruleToWire(rule: AclRule): NonNullable<MessageInitShape<typeof AclSchema>["allow"]>[number] {
  return { people: [...rule.people], operations: rule.operations.map(operationToWire) };
}

function ruleFromWire(rule: WireRule): AclRule {
  return { people: rule.people, operations: rule.operations.map(operationFromWire) };
}

function operationToWire(operation: Operation): WireOperation {
  const number = numbers[operation] ?? Number(/^operation_(\d+)$/.exec(operation)?.[1]);
  if (Number.isNaN(number)) {
    throw new TypeError(`'${operation}' is no operation.`);
  }
  return number;
}

function operationFromWire(number: WireOperation): Operation {
  const known = Object.keys(numbers).find((name) => numbers[name] === number);
  return (known as Operation | undefined) ?? `operation_${number}`;
}
