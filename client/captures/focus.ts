// Where the focus is when what had it has gone.

/** Whether the keyboard would begin at the top of the page again. */
export function isFocusLost(): boolean {
  const { activeElement } = document
  return (
    activeElement === null ||
    activeElement === document.body ||
    activeElement.closest('[hidden]') !== null
  )
}
