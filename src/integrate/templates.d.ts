/** The text of a template. */
declare module '*.conf' {
  const text: string;
  export default text;
}
