// Errors of retention: copies of images, and what it has let go. Part of the catalogue (error-catalogue.ts).
import type { Entry } from './error-entry.ts'

export const retentionErrors = {
  ARCHIVE_BUSY: {
    exit: 7,
    http: 409,
    retryable: true,
    message: 'Another process is changing the copies of images in {folder}.',
    hint: 'Nothing was changed. Try again when it has ended.',
  },
  ARCHIVE_UNREADABLE: {
    exit: 1,
    http: 500,
    retryable: false,
    message: 'What the engine wrote of {image} is no image that could be kept: {reason}.',
    hint: 'No copy was taken. The image itself is untouched; push it to a registry, so that it is not on this host alone.',
  },
  ARCHIVE_DAMAGED: {
    exit: 1,
    http: 500,
    retryable: false,
    message: 'A copy of an image is damaged: {path}: {reason}.',
    hint: 'Nothing of it was used. Check the disk; when the image is still on the host or in a registry, delete the file, and a new copy is taken.',
  },
  LOAD_FAILED: {
    exit: 1,
    http: 500,
    retryable: true,
    message: 'The engine does not take in an image: {reason}.',
    hint: 'When its disk is full, make room first: astern prune, docker system df.',
  },
  PRUNED: {
    exit: 3,
    http: 409,
    retryable: false,
    message: 'The image of {release} was deleted by retention on {date}: there is no copy of it any more.',
    hint: 'Build and deploy that version again. What must stay is pinned: astern pin RELEASE --name WHY',
  },
} as const satisfies Record<string, Entry>
