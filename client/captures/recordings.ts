// The recordings that come with the page: name, what each shows, and how to get it. Served from here like any part of the page.

export interface Recording {
  /** `keep-alive.pcapng` */
  readonly name: string
  /** A sentence. */
  readonly shows: string
  open(): Promise<File>
}

const places = import.meta.glob<string>('../../captures/recordings/*.pcapng', {
  eager: true,
  query: '?url&no-inline',
  import: 'default',
})
const told = import.meta.glob<string>('../../captures/recordings/*.json', {
  eager: true,
  import: 'shows',
})

export const recordings: readonly Recording[] = Object.entries(places).map(([path, url]) => {
  const name = path.split('/').at(-1) ?? path
  return {
    name,
    shows: told[path.replace(/\.pcapng$/, '.json')] ?? '',
    open: () => fetched(url, name, outOfReach),
  }
})

const outOfReach = 'It can’t be fetched from the server just now. Try again.'

/** Throws a sentence: what a browser says of a server that is out of reach is none. `refusal` is for one that answers. */
async function fetched(url: string, name: string, refusal: string): Promise<File> {
  const content = await fetch(url)
    .then((response) => (response.ok ? response.blob() : null))
    .catch(() => {
      throw new Error(outOfReach)
    })
  if (content === null) throw new Error(refusal)
  return new File([content], name)
}

/** What the service captures of its own port (`serve --capture`), as far as it is by now. The upload page leads to it. */
const live: Recording = {
  name: 'live.pcapng',
  shows: '',
  open: () =>
    fetched(
      '/api/capture.pcapng',
      live.name,
      'The service has no capture of its own: start it with longhaul serve --capture.',
    ),
}

export const recordingNamed = (name: string | null): Recording | null =>
  [live, ...recordings].find((recording) => recording.name === name) ?? null

/** What this project is about, in two recordings. */
export const headline: readonly [Recording, Recording] | null = (() => {
  const [kept, closed] = ['keep-alive.pcapng', 'connection-close.pcapng'].map(recordingNamed)
  return kept && closed ? [kept, closed] : null
})()
