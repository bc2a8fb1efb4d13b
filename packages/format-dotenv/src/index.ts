export { formatDotenv } from "./format-dotenv.ts";
