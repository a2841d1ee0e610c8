// Container engines as they are named for `docker -H`, and handed on to ssh by it.

const UNIX = /^unix:\/\/\/[^\0\n]+$/
const TCP = /^tcp:\/\/(?:[A-Za-z0-9][A-Za-z0-9.-]*|\[[0-9a-fA-F:]+\])(?::\d{1,5})?$/
/** Neither part begins with a dash: both become arguments of ssh. */
const SSH = /^ssh:\/\/(?:[A-Za-z0-9_][\w.-]*@)?(?:[A-Za-z0-9][A-Za-z0-9.-]*|\[[0-9a-fA-F:]+\])(?::\d{1,5})?$/

export function isEngineAddress(text: string): boolean {
  return UNIX.test(text) || TCP.test(text) || SSH.test(text)
}
