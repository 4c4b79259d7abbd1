// The page's settings: each a control whose choice is remembered in this browser.

/** Where a choice is remembered. */
const keyOf = (control: HTMLElement) => `longhaul.${control.id}`

/** A select of numbers: restores the choice, follows changes, gives the number (`Infinity` is one). */
export function chooseNumber(element: HTMLElement, onChange: (value: number) => void): number {
  if (!(element instanceof HTMLSelectElement)) throw new Error(`#${element.id} is no select`)
  const remembered = recall(keyOf(element))
  if ([...element.options].some((option) => option.value === remembered)) {
    element.value = remembered
  }
  element.addEventListener('change', () => {
    remember(keyOf(element), element.value)
    onChange(Number(element.value))
  })
  return Number(element.value)
}

/** A switch: the same for yes and no. */
export function chooseSwitch(element: HTMLElement, onChange: (isOn: boolean) => void): boolean {
  if (!(element instanceof HTMLInputElement)) throw new Error(`#${element.id} is no checkbox`)
  const remembered = recall(keyOf(element))
  if (remembered === 'on' || remembered === 'off') element.checked = remembered === 'on'
  element.addEventListener('change', () => {
    remember(keyOf(element), element.checked ? 'on' : 'off')
    onChange(element.checked)
  })
  return element.checked
}

/** The browser's storage, null where it is forbidden. */
export function shelf(): Storage | null {
  try {
    return localStorage
  } catch {
    return null
  }
}

// Storage may be forbidden; then a choice lasts as long as the page.
function recall(key: string): string {
  try {
    return localStorage.getItem(key) ?? ''
  } catch {
    return ''
  }
}

function remember(key: string, value: string): void {
  try {
    localStorage.setItem(key, value)
  } catch {}
}
