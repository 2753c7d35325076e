// Stands in the bundle for @inquirer/editor, which nobody asks with.
export default function editor() {
  throw new Error('the editor prompt is not a part of this program');
}
