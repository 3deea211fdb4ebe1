namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <summary>When a parameter points to something: who writes it.</summary>
public enum ParameterDirection
{
    /// <summary>The value itself, or what the caller has put there.</summary>
    In,
    /// <summary>What the kernel puts there.</summary>
    Out,
    /// <summary>Both.</summary>
    InOut,
}

/// <summary>Where the length of what a parameter points to stands.</summary>
public enum LengthSource
{
    /// <summary>The kind has a length of its own.</summary>
    Kind,
    /// <summary>In another argument.</summary>
    Argument,
    /// <summary>In a word that another argument points to.</summary>
    Pointed,
    /// <summary>In the result.</summary>
    Result,
}

/// <summary>One parameter of a system call.</summary>
/// <param name="Name">As the manual page names it.</param>
/// <param name="Kind">What it is: fd, path, buf, a set of flags, a structure and so on (the table says which there are).</param>
/// <param name="Direction">Who writes what it points to.</param>
/// <param name="Length">Where the length is.</param>
/// <param name="LengthArgument">The argument that has it.</param>
/// <param name="Index">The first register that it is in, 0 to 5; a 64-bit one takes two.</param>
public sealed record SyscallParameter(string Name, string Kind, ParameterDirection Direction, LengthSource Length, int LengthArgument, int Index);

/// <summary>What the arguments and the result of a system call are.</summary>
/// <param name="Name">The call.</param>
/// <param name="Parameters">Its parameters.</param>
/// <param name="Result">The kind of the result: int, ptr, octal.</param>
public sealed record SyscallSignature(string Name, IReadOnlyList<SyscallParameter> Parameters, string Result);

/// <summary>The parameters of all system calls, for those who show calls.</summary>
/// <remarks>A line is <c>names(kind:name, ...) result</c>. Before a kind <c>&gt;</c> is what the kernel writes, <c>=</c> both; behind it <c>[n]</c> says that argument n has the
/// length, <c>[*n]</c> that argument n points to it, <c>[r]</c> that it is the result. Kinds ending in 64 that are no structures take two registers.</remarks>
public static class SyscallSignatures
{
    const string Text = """
        restart_syscall fork vfork getpid getppid getuid getgid geteuid getegid getuid32 getgid32 geteuid32 getegid32 getpgrp setsid gettid sync pause()
        sched_yield munlockall vhangup inotify_init sgetmask sigreturn rt_sigreturn()
        exit exit_group(int:status) none
        read(fd:fd, >buf[r]:buf, size:count)
        write(fd:fd, buf[2]:buf, size:count)
        pread64(fd:fd, >buf[r]:buf, size:count, off64:offset)
        pwrite64(fd:fd, buf[2]:buf, size:count, off64:offset)
        readv(fd:fd, >iovec[2]:iov, int:iovcnt)
        writev(fd:fd, iovec[2]:iov, int:iovcnt)
        preadv(fd:fd, >iovec[2]:iov, int:iovcnt, off64:offset)
        pwritev(fd:fd, iovec[2]:iov, int:iovcnt, off64:offset)
        preadv2(fd:fd, >iovec[2]:iov, int:iovcnt, off64:offset, f.rwf:flags)
        pwritev2(fd:fd, iovec[2]:iov, int:iovcnt, off64:offset, f.rwf:flags)
        open(path:pathname, f.open:flags, mode:mode)
        openat(dfd:dirfd, path:pathname, f.open:flags, mode:mode)
        openat2(dfd:dirfd, path:pathname, open_how:how, size:size)
        creat(path:pathname, mode:mode)
        close(fd:fd)
        close_range(uint:first, uint:last, f.close_range:flags)
        link(path:oldpath, path:newpath)
        linkat(dfd:olddirfd, path:oldpath, dfd:newdirfd, path:newpath, f.at:flags)
        unlink rmdir chdir chroot(path:pathname)
        unlinkat(dfd:dirfd, path:pathname, f.at_remove:flags)
        symlink(path:target, path:linkpath)
        symlinkat(path:target, dfd:newdirfd, path:linkpath)
        readlink(path:pathname, >buf[r]:buf, size:bufsiz)
        readlinkat(dfd:dirfd, path:pathname, >buf[r]:buf, size:bufsiz)
        rename(path:oldpath, path:newpath)
        renameat(dfd:olddirfd, path:oldpath, dfd:newdirfd, path:newpath)
        renameat2(dfd:olddirfd, path:oldpath, dfd:newdirfd, path:newpath, f.rename:flags)
        mkdir chmod(path:pathname, mode:mode)
        mkdirat fchmodat(dfd:dirfd, path:pathname, mode:mode)
        fchmod(fd:fd, mode:mode)
        mknod(path:pathname, filemode:mode, dev:dev)
        mknodat(dfd:dirfd, path:pathname, filemode:mode, dev:dev)
        chown lchown chown32 lchown32(path:pathname, uid:owner, uid:group)
        fchown fchown32(fd:fd, uid:owner, uid:group)
        fchownat(dfd:dirfd, path:pathname, uid:owner, uid:group, f.at:flags)
        fchdir fsync fdatasync syncfs(fd:fd)
        execve(path:pathname, argv:argv, envp:envp)
        execveat(dfd:dirfd, path:pathname, argv:argv, envp:envp, f.at:flags)
        access(path:pathname, f.access:mode)
        faccessat(dfd:dirfd, path:pathname, f.access:mode)
        faccessat2(dfd:dirfd, path:pathname, f.access:mode, f.at_access:flags)
        stat64 lstat64(path:pathname, >stat64:statbuf)
        fstat64(fd:fd, >stat64:statbuf)
        fstatat64(dfd:dirfd, path:pathname, >stat64:statbuf, f.at:flags)
        stat lstat(path:pathname, >stat:statbuf)
        fstat(fd:fd, >stat:statbuf)
        oldstat oldlstat(path:pathname, >ptr:statbuf)
        oldfstat(fd:fd, >ptr:statbuf)
        statx(dfd:dirfd, path:pathname, f.at_statx:flags, f.statx:mask, >statx:statxbuf)
        statfs(path:pathname, >statfs:buf)
        fstatfs(fd:fd, >statfs:buf)
        statfs64(path:pathname, size:size, >statfs64:buf)
        fstatfs64(fd:fd, size:size, >statfs64:buf)
        ustat(dev:dev, >ptr:ubuf)
        utime(path:pathname, utimbuf:times)
        utimes(path:pathname, timeval2:times)
        futimesat(dfd:dirfd, path:pathname, timeval2:times)
        utimensat(dfd:dirfd, path:pathname, timespec2:times, f.at:flags)
        utimensat_time64(dfd:dirfd, path:pathname, time64_2:times, f.at:flags)
        truncate(path:pathname, off:length)
        ftruncate(fd:fd, off:length)
        truncate64(path:pathname, off64:length)
        ftruncate64(fd:fd, off64:length)
        fallocate(fd:fd, f.fallocate:mode, off64:offset, off64:length)
        lseek(fd:fd, off:offset, e.whence:whence)
        _llseek(fd:fd, llseek:offset, >off64ptr:result, e.whence:whence)
        getdents getdents64(fd:fd, >dirents[r]:dirent, size:count)
        readdir(fd:fd, >ptr:dirent, size:count)
        dup(fd:oldfd)
        dup2(fd:oldfd, fd:newfd)
        dup3(fd:oldfd, fd:newfd, f.fdflags:flags)
        pipe(>fd2:pipefd)
        pipe2(>fd2:pipefd, f.fdflags:flags)
        fcntl fcntl64(fd:fd, e.fcntl:cmd, fcntl:arg)
        flock(fd:fd, f.flock:operation)
        ioctl(fd:fd, e.ioctl:request, ioctl:arg)
        getcwd(>path:buf, size:size)
        umask(mode:mask) octal
        mount(path:source, path:target, path:filesystemtype, hex:mountflags, ptr:data)
        umount(path:target)
        umount2(path:target, hex:flags)
        pivot_root(path:new_root, path:put_old)
        swapon(path:path, hex:flags)
        swapoff acct uselib(path:path)
        setxattr lsetxattr(path:path, path:name, buf[3]:value, size:size, f.xattr:flags)
        fsetxattr(fd:fd, path:name, buf[3]:value, size:size, f.xattr:flags)
        getxattr lgetxattr(path:path, path:name, >buf[r]:value, size:size)
        fgetxattr(fd:fd, path:name, >buf[r]:value, size:size)
        listxattr llistxattr(path:path, >buf[r]:list, size:size)
        flistxattr(fd:fd, >buf[r]:list, size:size)
        removexattr lremovexattr(path:path, path:name)
        fremovexattr(fd:fd, path:name)
        readahead(fd:fd, off64:offset, size:count)
        fadvise64(fd:fd, off64:offset, size:len, e.fadvise:advice)
        fadvise64_64(fd:fd, off64:offset, off64:len, e.fadvise:advice)
        sync_file_range(fd:fd, off64:offset, off64:nbytes, hex:flags)
        sendfile(fd:out_fd, fd:in_fd, =off32ptr:offset, size:count)
        sendfile64(fd:out_fd, fd:in_fd, =off64ptr:offset, size:count)
        copy_file_range(fd:fd_in, =off64ptr:off_in, fd:fd_out, =off64ptr:off_out, size:len, hex:flags)
        splice(fd:fd_in, =off64ptr:off_in, fd:fd_out, =off64ptr:off_out, size:len, f.splice:flags)
        tee(fd:fd_in, fd:fd_out, size:len, f.splice:flags)
        vmsplice(fd:fd, iovec[2]:iov, uint:nr_segs, f.splice:flags)
        name_to_handle_at(dfd:dirfd, path:pathname, ptr:handle, >intptr:mount_id, hex:flags)
        open_by_handle_at(fd:mount_fd, ptr:handle, f.open:flags)
        brk(ptr:addr) ptr
        mmap(ptr:args) ptr
        mmap2(ptr:addr, size:length, f.prot:prot, f.map:flags, fd:fd, pgoff:pgoffset) ptr
        munmap(ptr:addr, size:length)
        mremap(ptr:old_address, size:old_size, size:new_size, f.mremap:flags, ptr:new_address) ptr
        mprotect(ptr:addr, size:len, f.prot:prot)
        pkey_mprotect(ptr:addr, size:len, f.prot:prot, int:pkey)
        pkey_alloc(hex:flags, hex:access_rights)
        pkey_free(int:pkey)
        madvise(ptr:addr, size:length, e.madvise:advice)
        process_madvise(fd:pidfd, iovec[2]:iovec, size:vlen, e.madvise:advice, hex:flags)
        mincore(ptr:addr, size:length, >ptr:vec)
        msync(ptr:addr, size:length, f.msync:flags)
        mlock munlock(ptr:addr, size:len)
        mlock2(ptr:addr, size:len, f.mlock2:flags)
        mlockall(f.mlockall:flags)
        remap_file_pages(ptr:addr, size:size, f.prot:prot, size:pgoff, f.map:flags)
        memfd_create(path:name, f.memfd:flags)
        memfd_secret(hex:flags)
        membarrier(int:cmd, hex:flags, int:cpu_id)
        mbind(ptr:addr, size:len, int:mode, ptr:nodemask, uint:maxnode, hex:flags)
        get_mempolicy(>intptr:mode, >ptr:nodemask, uint:maxnode, ptr:addr, hex:flags)
        set_mempolicy(int:mode, ptr:nodemask, uint:maxnode)
        migrate_pages(pid:pid, uint:maxnode, ptr:old_nodes, ptr:new_nodes)
        move_pages(pid:pid, uint:count, ptr:pages, ptr:nodes, >ptr:status, hex:flags)
        process_vm_readv(pid:pid, >iovec[2]:local_iov, uint:liovcnt, ptr:remote_iov, uint:riovcnt, hex:flags)
        process_vm_writev(pid:pid, iovec[2]:local_iov, uint:liovcnt, ptr:remote_iov, uint:riovcnt, hex:flags)
        clone(f.clone:flags, ptr:stack, ptr:parent_tid, ptr:tls, ptr:child_tid)
        clone3(clone_args:cl_args, size:size)
        unshare(f.clone:flags)
        setns(fd:fd, f.clone:nstype)
        waitpid(pid:pid, >wstatus:wstatus, f.wait:options)
        wait4(pid:pid, >wstatus:wstatus, f.wait:options, >rusage:rusage)
        waitid(e.idtype:idtype, pid:id, >siginfo:infop, f.wait:options, >rusage:rusage)
        kill(pid:pid, sig:sig)
        tkill(pid:tid, sig:sig)
        tgkill(pid:tgid, pid:tid, sig:sig)
        signal(sig:signum, handler:handler) ptr
        sigaction(sig:signum, oldsigaction:act, >oldsigaction:oldact)
        rt_sigaction(sig:signum, sigaction:act, >sigaction:oldact, size:sigsetsize)
        rt_sigprocmask(e.sighow:how, sigset:set, >sigset:oldset, size:sigsetsize)
        sigprocmask(e.sighow:how, oldsigset:set, >oldsigset:oldset)
        ssetmask(hex:newmask)
        rt_sigpending(>sigset:set, size:sigsetsize)
        sigpending(>oldsigset:set)
        rt_sigsuspend(sigset:mask, size:sigsetsize)
        sigsuspend(hex:history0, hex:history1, hex:mask)
        rt_sigtimedwait(sigset:set, >siginfo:info, timespec:timeout, size:sigsetsize)
        rt_sigtimedwait_time64(sigset:set, >siginfo:info, time64:timeout, size:sigsetsize)
        rt_sigqueueinfo(pid:tgid, sig:sig, siginfo:info)
        rt_tgsigqueueinfo(pid:tgid, pid:tid, sig:sig, siginfo:info)
        sigaltstack(stack:ss, >stack:old_ss)
        signalfd(fd:fd, sigset:mask, size:sizemask)
        signalfd4(fd:fd, sigset:mask, size:sizemask, f.signalfd:flags)
        pidfd_open(pid:pid, hex:flags)
        pidfd_send_signal(fd:pidfd, sig:sig, siginfo:info, hex:flags)
        pidfd_getfd(fd:pidfd, fd:targetfd, hex:flags)
        process_mrelease(fd:pidfd, hex:flags)
        setpgid(pid:pid, pid:pgid)
        getpgid getsid(pid:pid)
        setuid setgid setfsuid setfsgid setuid32 setgid32 setfsuid32 setfsgid32(uid:id)
        setreuid setregid setreuid32 setregid32(uid:rid, uid:eid)
        setresuid setresgid setresuid32 setresgid32(uid:rid, uid:eid, uid:sid)
        getresuid getresgid(>u16ptr:rid, >u16ptr:eid, >u16ptr:sid)
        getresuid32 getresgid32(>uintptr:rid, >uintptr:eid, >uintptr:sid)
        getgroups(int:size, >u16s[r]:list)
        setgroups(int:size, u16s[0]:list)
        getgroups32(int:size, >u32s[r]:list)
        setgroups32(int:size, u32s[0]:list)
        capget(cap_header:hdrp, >cap_data:datap)
        capset(cap_header:hdrp, cap_data:datap)
        nice(int:inc)
        getpriority(e.priority:which, pid:who)
        setpriority(e.priority:which, pid:who, int:prio)
        sched_setparam(pid:pid, sched_param:param)
        sched_getparam(pid:pid, >sched_param:param)
        sched_setscheduler(pid:pid, e.sched:policy, sched_param:param)
        sched_getscheduler(pid:pid)
        sched_get_priority_max sched_get_priority_min(e.sched:policy)
        sched_rr_get_interval(pid:pid, >timespec:tp)
        sched_rr_get_interval_time64(pid:pid, >time64:tp)
        sched_setaffinity(pid:pid, size:cpusetsize, cpuset[1]:mask)
        sched_getaffinity(pid:pid, size:cpusetsize, >cpuset[r]:mask)
        sched_setattr(pid:pid, ptr:attr, hex:flags)
        sched_getattr(pid:pid, >ptr:attr, size:size, hex:flags)
        ioprio_set(int:which, pid:who, int:ioprio)
        ioprio_get(int:which, pid:who)
        getcpu(>uintptr:cpu, >uintptr:node, ptr:tcache)
        getrlimit ugetrlimit(e.rlimit:resource, >rlimit:rlim)
        setrlimit(e.rlimit:resource, rlimit:rlim)
        prlimit64(pid:pid, e.rlimit:resource, rlimit64:new_limit, >rlimit64:old_limit)
        getrusage(e.rusage_who:who, >rusage:usage)
        times(>tms:buf)
        prctl(e.prctl:option, prctl:arg2, hex:arg3, hex:arg4, hex:arg5)
        arch_prctl(hex:code, ptr:addr)
        personality(hex:persona)
        ptrace(e.ptrace:request, pid:pid, ptr:addr, ptr:data)
        seccomp(int:operation, hex:flags, ptr:args)
        kcmp(pid:pid1, pid:pid2, int:type, uint:idx1, uint:idx2)
        set_thread_area get_thread_area(=user_desc:u_info)
        modify_ldt(int:func, ptr:ptr, size:bytecount)
        set_tid_address(ptr:tidptr)
        set_robust_list(ptr:head, size:len)
        get_robust_list(pid:pid, >uintptr:head, >uintptr:len)
        rseq(ptr:rseq, hex:rseq_len, hex:flags, hex:sig)
        futex(ptr:uaddr, e.futex:op, uint:val, futextime:timeout, ptr:uaddr2, hex:val3)
        futex_time64(ptr:uaddr, e.futex:op, uint:val, futextime64:timeout, ptr:uaddr2, hex:val3)
        futex_waitv(ptr:waiters, uint:nr_futexes, hex:flags, time64:timeout, e.clock:clockid)
        uname(>utsname:buf)
        olduname oldolduname(>ptr:buf)
        sethostname setdomainname(buf[1]:name, size:len)
        sysinfo(>sysinfo:info)
        syslog(int:type, >ptr:buf, int:len)
        sysfs(int:option, ptr:arg1, ptr:arg2)
        getrandom(>buf[r]:buf, size:buflen, f.getrandom:flags)
        reboot(hex:magic, hex:magic2, hex:cmd, ptr:arg)
        time(>intptr:tloc)
        stime(intptr:t)
        gettimeofday(>timeval:tv, >timezone:tz)
        settimeofday(timeval:tv, timezone:tz)
        adjtimex(=ptr:buf)
        clock_adjtime clock_adjtime64(e.clock:clk_id, =ptr:buf)
        clock_gettime clock_getres(e.clock:clockid, >timespec:tp)
        clock_settime(e.clock:clockid, timespec:tp)
        clock_gettime64 clock_getres_time64(e.clock:clockid, >time64:tp)
        clock_settime64(e.clock:clockid, time64:tp)
        nanosleep(timespec:req, ptr:rem)
        clock_nanosleep(e.clock:clockid, f.timer:flags, timespec:request, ptr:remain)
        clock_nanosleep_time64(e.clock:clockid, f.timer:flags, time64:request, ptr:remain)
        alarm(uint:seconds)
        getitimer(e.itimer:which, >itimerval:curr_value)
        setitimer(e.itimer:which, itimerval:new_value, >itimerval:old_value)
        timer_create(e.clock:clockid, sigevent:sevp, >intptr:timerid)
        timer_settime(int:timerid, f.timer:flags, itimerspec:new_value, >itimerspec:old_value)
        timer_settime64(int:timerid, f.timer:flags, itimer64:new_value, >itimer64:old_value)
        timer_gettime(int:timerid, >itimerspec:curr_value)
        timer_gettime64(int:timerid, >itimer64:curr_value)
        timer_getoverrun timer_delete(int:timerid)
        timerfd_create(e.clock:clockid, f.timerfd_create:flags)
        timerfd_settime(fd:fd, f.timerfd:flags, itimerspec:new_value, >itimerspec:old_value)
        timerfd_settime64(fd:fd, f.timerfd:flags, itimer64:new_value, >itimer64:old_value)
        timerfd_gettime(fd:fd, >itimerspec:curr_value)
        timerfd_gettime64(fd:fd, >itimer64:curr_value)
        eventfd(uint:initval)
        eventfd2(uint:initval, f.eventfd:flags)
        select(ptr:args)
        _newselect(int:nfds, =fdset[0]:readfds, =fdset[0]:writefds, =fdset[0]:exceptfds, =timeval:timeout)
        pselect6(int:nfds, =fdset[0]:readfds, =fdset[0]:writefds, =fdset[0]:exceptfds, =timespec:timeout, ptr:sigmask)
        pselect6_time64(int:nfds, =fdset[0]:readfds, =fdset[0]:writefds, =fdset[0]:exceptfds, =time64:timeout, ptr:sigmask)
        poll(=pollfds[1]:fds, uint:nfds, int:timeout)
        ppoll(=pollfds[1]:fds, uint:nfds, =timespec:tmo_p, sigset:sigmask, size:sigsetsize)
        ppoll_time64(=pollfds[1]:fds, uint:nfds, =time64:tmo_p, sigset:sigmask, size:sigsetsize)
        epoll_create(int:size)
        epoll_create1(f.epoll_create:flags)
        epoll_ctl(fd:epfd, e.epoll_ctl:op, fd:fd, epoll_event:event)
        epoll_wait(fd:epfd, >epoll_events[r]:events, int:maxevents, int:timeout)
        epoll_pwait(fd:epfd, >epoll_events[r]:events, int:maxevents, int:timeout, sigset:sigmask, size:sigsetsize)
        epoll_pwait2(fd:epfd, >epoll_events[r]:events, int:maxevents, time64:timeout, sigset:sigmask, size:sigsetsize)
        inotify_init1(f.inotify_init:flags)
        inotify_add_watch(fd:fd, path:pathname, f.inotify:mask)
        inotify_rm_watch(fd:fd, int:wd)
        fanotify_init(hex:flags, f.open:event_f_flags)
        fanotify_mark(fd:fanotify_fd, hex:flags, hex64:mask, dfd:dirfd, path:pathname)
        io_setup(uint:nr_events, =uintptr:ctx_idp)
        io_destroy(ptr:ctx_id)
        io_getevents(ptr:ctx_id, int:min_nr, int:nr, >ptr:events, timespec:timeout)
        io_pgetevents(ptr:ctx_id, int:min_nr, int:nr, >ptr:events, timespec:timeout, ptr:sig)
        io_pgetevents_time64(ptr:ctx_id, int:min_nr, int:nr, >ptr:events, time64:timeout, ptr:sig)
        io_submit(ptr:ctx_id, int:nr, ptr:iocbpp)
        io_cancel(ptr:ctx_id, ptr:iocb, >ptr:result)
        io_uring_setup(uint:entries, =ptr:p)
        io_uring_enter(fd:fd, uint:to_submit, uint:min_complete, hex:flags, ptr:sig, size:sz)
        io_uring_register(fd:fd, int:opcode, ptr:arg, uint:nr_args)
        socketcall(e.socketcall:call, socketargs:args)
        socket(e.family:domain, f.socktype:type, e.protocol:protocol)
        socketpair(e.family:domain, f.socktype:type, e.protocol:protocol, >fd2:sv)
        bind connect(fd:sockfd, sockaddr[2]:addr, int:addrlen)
        listen(fd:sockfd, int:backlog)
        accept4(fd:sockfd, >sockaddr[*2]:addr, =lengthptr:addrlen, f.sockflags:flags)
        getsockname getpeername(fd:sockfd, >sockaddr[*2]:addr, =lengthptr:addrlen)
        getsockopt(fd:sockfd, e.sollevel:level, e.sockopt:optname, >sockval[*4]:optval, =lengthptr:optlen)
        setsockopt(fd:sockfd, e.sollevel:level, e.sockopt:optname, sockval[4]:optval, int:optlen)
        sendto(fd:sockfd, buf[2]:buf, size:len, f.msg:flags, sockaddr[5]:dest_addr, int:addrlen)
        recvfrom(fd:sockfd, >buf[r]:buf, size:len, f.msg:flags, >sockaddr[*5]:src_addr, =lengthptr:addrlen)
        sendmsg(fd:sockfd, msghdr:msg, f.msg:flags)
        recvmsg(fd:sockfd, >msghdr:msg, f.msg:flags)
        sendmmsg(fd:sockfd, ptr:msgvec, uint:vlen, f.msg:flags)
        recvmmsg(fd:sockfd, >ptr:msgvec, uint:vlen, f.msg:flags, =timespec:timeout)
        recvmmsg_time64(fd:sockfd, >ptr:msgvec, uint:vlen, f.msg:flags, =time64:timeout)
        shutdown(fd:sockfd, e.shutdown:how)
        ipc(int:call, int:first, int:second, int:third, ptr:ptr, int:fifth)
        semget(hex:key, int:nsems, f.ipc:semflg)
        semctl(int:semid, int:semnum, e.ipcctl:cmd, ptr:arg)
        semtimedop_time64(int:semid, sembufs[2]:sops, uint:nsops, time64:timeout)
        shmget(hex:key, size:size, f.ipc:shmflg)
        shmctl(int:shmid, e.ipcctl:cmd, ptr:buf)
        shmat(int:shmid, ptr:shmaddr, hex:shmflg) ptr
        shmdt(ptr:shmaddr)
        msgget(hex:key, f.ipc:msgflg)
        msgsnd(int:msqid, msgbuf[2]:msgp, size:msgsz, f.ipc:msgflg)
        msgrcv(int:msqid, >msgbuf[r]:msgp, size:msgsz, int:msgtyp, f.ipc:msgflg)
        msgctl(int:msqid, e.ipcctl:cmd, ptr:buf)
        mq_open(path:name, f.open:oflag, mode:mode, ptr:attr)
        mq_unlink(path:name)
        mq_timedsend(fd:mqdes, buf[2]:msg_ptr, size:msg_len, uint:msg_prio, timespec:abs_timeout)
        mq_timedsend_time64(fd:mqdes, buf[2]:msg_ptr, size:msg_len, uint:msg_prio, time64:abs_timeout)
        mq_timedreceive(fd:mqdes, >buf[r]:msg_ptr, size:msg_len, >uintptr:msg_prio, timespec:abs_timeout)
        mq_timedreceive_time64(fd:mqdes, >buf[r]:msg_ptr, size:msg_len, >uintptr:msg_prio, time64:abs_timeout)
        mq_notify(fd:mqdes, sigevent:sevp)
        mq_getsetattr(fd:mqdes, ptr:newattr, >ptr:oldattr)
        ioperm(uint:from, uint:num, int:turn_on)
        iopl(int:level)
        vm86old(ptr:info)
        vm86(int:fn, ptr:v86)
        init_module(ptr:module_image, size:len, path:param_values)
        finit_module(fd:fd, path:param_values, hex:flags)
        delete_module(path:name, hex:flags)
        kexec_load(ptr:entry, uint:nr_segments, ptr:segments, hex:flags)
        quotactl(hex:cmd, path:special, int:id, ptr:addr)
        quotactl_fd(fd:fd, hex:cmd, int:id, ptr:addr)
        add_key(path:type, path:description, ptr:payload, size:plen, int:keyring)
        request_key(path:type, path:description, path:callout_info, int:dest_keyring)
        keyctl(int:operation, hex:arg2, hex:arg3, hex:arg4, hex:arg5)
        lookup_dcookie(hex64:cookie, >ptr:buffer, size:len)
        perf_event_open(ptr:attr, pid:pid, int:cpu, fd:group_fd, hex:flags)
        bpf(int:cmd, ptr:attr, size:size)
        userfaultfd(f.fdflags:flags)
        open_tree(dfd:dirfd, path:pathname, hex:flags)
        move_mount(dfd:from_dirfd, path:from_pathname, dfd:to_dirfd, path:to_pathname, hex:flags)
        fsopen(path:fsname, hex:flags)
        fsconfig(fd:fs_fd, int:cmd, path:key, ptr:value, int:aux)
        fsmount(fd:fs_fd, hex:flags, hex:attr_flags)
        fspick(dfd:dirfd, path:pathname, hex:flags)
        mount_setattr(dfd:dirfd, path:pathname, hex:flags, ptr:attr, size:size)
        landlock_create_ruleset(ptr:attr, size:size, hex:flags)
        landlock_add_rule(fd:ruleset_fd, int:rule_type, ptr:rule_attr, hex:flags)
        landlock_restrict_self(fd:ruleset_fd, hex:flags)
        set_mempolicy_home_node(ptr:start, size:len, uint:home_node, hex:flags)
        checkpoint(pid:pid, fd:fd, hex:flags)
        restart(int:crid, fd:fd, hex:flags)
        """;

    static readonly Dictionary<string, SyscallSignature> ByName = Read();

    /// <summary>The names of all calls with a signature.</summary>
    public static IReadOnlyCollection<string> Names => ByName.Keys;

    /// <summary>The signature of a call; six words for one that has none.</summary>
    public static SyscallSignature Find(string name) => ByName.GetValueOrDefault(name) ?? Unknown;

    static SyscallSignature Unknown { get; } =
        new("", [.. Enumerable.Range(0, 6).Select(static index => new SyscallParameter($"arg{index + 1}", "hex", ParameterDirection.In, LengthSource.Kind, 0, index))], "int");

    static Dictionary<string, SyscallSignature> Read()
    {
        var found = new Dictionary<string, SyscallSignature>(StringComparer.Ordinal);
        foreach (string line in Text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            int open = line.IndexOf('(', StringComparison.Ordinal), close = line.LastIndexOf(')');
            string result = close + 1 < line.Length ? line[(close + 2)..] : "int";
            var parameters = new List<SyscallParameter>();
            int index = 0;
            foreach (string text in line[(open + 1)..close].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            {
                var parameter = ReadParameter(text, index);
                parameters.Add(parameter);
                index += parameter.Kind is "off64" or "hex64" or "llseek" ? 2 : 1;
            }
            foreach (string name in line[..open].Split(' ')) found.Add(name, new SyscallSignature(name, parameters, result));
        }
        return found;
    }

    static SyscallParameter ReadParameter(string text, int index)
    {
        var direction = text[0] == '>' ? ParameterDirection.Out : text[0] == '=' ? ParameterDirection.InOut : ParameterDirection.In;
        if (direction != ParameterDirection.In) text = text[1..];
        int colon = text.IndexOf(':', StringComparison.Ordinal), bracket = text.IndexOf('[', StringComparison.Ordinal);
        var source = LengthSource.Kind;
        int argument = 0;
        if (bracket > 0)
        {
            char last = text[colon - 2];
            source = last == 'r' ? LengthSource.Result : text[bracket + 1] == '*' ? LengthSource.Pointed : LengthSource.Argument;
            if (last != 'r') argument = last - '0';
        }
        return new SyscallParameter(text[(colon + 1)..], text[..(bracket > 0 ? bracket : colon)], direction, source, argument, index);
    }
}
