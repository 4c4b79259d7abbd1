// The options by which tus-js-client sends one file in parts, and remembers them where the page does.
import type { PreviousUpload, UrlStorage } from 'tus-js-client'

/** What a file that goes in parts asks of the page. */
export interface PartsJob {
  readonly count: number
  /** The parts' URLs as far as they are known; null before. */
  readonly urls: () => readonly string[] | null
  readonly onUrls: (urls: readonly string[]) => void
}

/** An upload begun before, as tus-js-client wants to be told of it. */
export function previousOf(urls: readonly string[]): PreviousUpload {
  return {
    size: null,
    metadata: {},
    creationTime: '',
    // Without a key it is stored anew when a part had to be begun anew.
    urlStorageKey: null as unknown as string,
    uploadUrl: null,
    parallelUploadUrls: [...urls],
  }
}

/** `parallelUploads` and a storage that holds this one file. */
export function partOptions({ count, urls, onUrls }: PartsJob) {
  const find = async () => {
    const known = urls()
    return known ? [previousOf(known)] : []
  }
  const urlStorage: UrlStorage = {
    findAllUploads: find,
    findUploadsByFingerprint: find,
    async addUpload(_fingerprint, { parallelUploadUrls }) {
      if (parallelUploadUrls) onUrls(parallelUploadUrls)
      return 'page'
    },
    async removeUpload() {},
  }
  return {
    parallelUploads: count,
    storeFingerprintForResuming: true,
    urlStorage,
  }
}
