declare module "*.grammar" {
  import type { LRParser } from "@lezer/lr";
  export const parser: LRParser;
}
declare module "*.grammar.terms" {
  export const Select: number, From: number, Where: number, Window: number,
    Having: number, Limit: number, Sample: number, At: number, Since: number,
    Keyword: number, Boolean: number, Null: number, LogicOperator: number, Regex: number;
}
declare module "*.css";
