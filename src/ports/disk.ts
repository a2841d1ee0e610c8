// How full the disks of this host are.

export interface Disk {
  /** What is free of the disk that holds this folder for programs like this one, of 10,000 parts; `null`: there is no such folder. */
  free(folder: string): number | null
}
