// A button that opens the system's file chooser.
import { h, setAttribute, setText } from '../upload/dom.ts'

const accept = '.pcap,.pcapng,.cap,.ntar,.gz'

export interface Chooser {
  readonly button: HTMLButtonElement
  /** To stand in the page beside the button. */
  readonly input: HTMLInputElement
  update(label: string, isMultiple: boolean): void
}

export function createChooser(take: (files: File[]) => void): Chooser {
  const input = h('input', { type: 'file', accept, hidden: true })
  input.addEventListener('change', () => {
    const files = [...(input.files ?? [])]
    input.value = ''
    if (files.length > 0) take(files)
  })
  const button = h('button', { type: 'button', onclick: () => input.click() })
  return {
    button,
    input,
    update(label, isMultiple) {
      setText(button, label)
      setAttribute(input, 'aria-label', label)
      input.multiple = isMultiple
    },
  }
}
