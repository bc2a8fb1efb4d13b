/** The same parser, without files, variables and paths of Node: none of its options that need them is used. */
declare module "yargs-parser/browser" {
  export { default } from "yargs-parser";
}
