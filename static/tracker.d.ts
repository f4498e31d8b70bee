/** Types of FizzStat's module, and of `window.fizzstat`, which the script makes. docs/sending.md explains all of it. */

export interface Revenue {
  amount: number | string
  /** ISO 4217, such as EUR */
  currency: string
}

export interface EventData {
  [key: string]: unknown
  revenue?: Revenue
  /** false: no act of the visitor; a bounce stays a bounce. */
  interactive?: boolean
}

/** What the view's hits say instead of what the page would say. */
export interface Overrides {
  url?: string
  referrer?: string
  title?: string
  site?: string
}

/** The tag's attributes. */
export interface Options {
  /** The site's id; else the page's host. */
  site?: string
  /** Where hits go, such as https://stats.example.com/hit; needed where the module is bundled. */
  endpoint?: string
  clientHash?: string
  /** Views of an app that keeps its path behind `#` */
  hash?: boolean
  /** No views but those of view() */
  manual?: boolean
  /** Counts on localhost, and browsers that a program drives, too. */
  local?: boolean
  /** Loads the second script from beside this one. */
  vitals?: boolean
  /** Paths that are left out, such as ['/admin/*'] */
  exclude?: string | string[]
  /** Paths that alone are counted */
  include?: string | string[]
  /** Endings of files whose links are downloads; false: none. */
  download?: string | string[] | false
  entry?: boolean
  exit?: boolean
  form?: boolean
  activity?: boolean
  engagement?: boolean
  /** false: counts who has Global Privacy Control on, too. */
  gpc?: boolean
}

export interface FizzStat {
  /** `callback` is called once, with whether the collector took the event. */
  event(
    name: string,
    value?: string | number | boolean | null,
    data?: EventData | null,
    callback?: (taken: boolean) => void
  ): void
  view(overrides?: Overrides): void
  identify(clientHash?: string | null, traits?: Record<string, unknown>): void
  optOut(): void
  optIn(): void
}

/** Starts the tracker; for a page that has no tag of it. */
export function init(options?: Options): void
export const event: FizzStat['event']
export const view: FizzStat['view']
export const identify: FizzStat['identify']
export const optOut: FizzStat['optOut']
export const optIn: FizzStat['optIn']

declare global {
  interface Window {
    fizzstat?: FizzStat
  }
}
