// The chunk size setting: a select whose choice is remembered in this browser.

const key = 'longhaul.chunk-size'

/** Restores the choice and follows changes; gives the size in bytes (Infinity: the whole file in one PATCH). */
export function chooseChunkSize(element: HTMLElement, onChange: (bytes: number) => void): number {
  if (!(element instanceof HTMLSelectElement)) throw new Error('the chunk size is a select')
  const remembered = recall()
  if ([...element.options].some((option) => option.value === remembered)) {
    element.value = remembered
  }
  element.addEventListener('change', () => {
    remember(element.value)
    onChange(Number(element.value))
  })
  return Number(element.value)
}

// Storage may be forbidden; then the choice lasts as long as the page.
function recall(): string {
  try {
    return localStorage.getItem(key) ?? ''
  } catch {
    return ''
  }
}

function remember(value: string): void {
  try {
    localStorage.setItem(key, value)
  } catch {}
}
