/** Reference files of venues: by SFTP (package `ssh2-sftp-client`), FTPS and FTP (package `basic-ftp`). */
export { fetchReferenceFile } from './transports/file-servers.js';
export type { ReferenceFileOptions, RemoteFile } from './transports/reference-file.js';
