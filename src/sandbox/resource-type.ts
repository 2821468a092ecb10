import type { FieldProblem } from "./errors.ts";
import type { KubeObject } from "./object.ts";
import type { Shape } from "./shape.ts";
import type { NameSyntax } from "./validation.ts";

/** A column of `kubectl get`. Those with priority above 0 are shown by `-o wide` only. */
export interface Column {
  readonly name: string;
  readonly type: string;
  readonly format?: string;
  readonly description?: string;
  readonly priority?: number;
}

/** What the schema of a CRD version does to its objects. */
export interface CustomSchema {
  /** The OpenAPI v3 schema as the CRD has it. */
  readonly openApi: unknown;
  /** The object with unknown fields dropped and defaults filled in. */
  prepare(object: KubeObject): KubeObject;
  /** Paths of the fields that the schema does not know, e.g. `spec.typo`. */
  unknownFields(object: KubeObject): readonly string[];
  problems(object: KubeObject): readonly FieldProblem[];
}

export interface CustomColumn extends Column {
  readonly jsonPath: string;
}

/** One resource in one version, built in or defined by a CRD. */
export interface ResourceType {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly singular: string;
  readonly kind: string;
  readonly listKind: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly verbs: readonly string[];
  /** Where the objects are stored, `group/plural`; two types share it when they are views of the same objects. */
  readonly storage: string;
  /** The spec and the status have separate writers. */
  readonly hasStatus: boolean;
  readonly tracksGeneration: boolean;
  /** A PUT without resourceVersion replaces whatever is there. */
  readonly unconditionalUpdate: boolean;
  readonly nameSyntax: NameSyntax;
  readonly shape: Shape;
  readonly custom?: {
    readonly schema: CustomSchema;
    readonly columns: readonly CustomColumn[];
    readonly selectable: readonly string[];
  };
  /** Between the form of this version and the stored form. */
  readonly convert?: {
    readonly toStored: (object: KubeObject) => KubeObject;
    readonly fromStored: (object: KubeObject) => KubeObject;
  };
}

export const allVerbs = [
  "create",
  "delete",
  "deletecollection",
  "get",
  "list",
  "patch",
  "update",
  "watch",
] as const;
