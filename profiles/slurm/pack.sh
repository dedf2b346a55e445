#!/usr/bin/env bash
# sbatch --wait profiles/slurm/pack.sh digits --config preset=paper device=cuda
# One job of the cluster, with one GPU, in which Snakemake runs as many jobs at once as there are cores: small trainings, such
# as those of `digits`, share the GPU, under MPS where it is installed. Options of sbatch before the script's name replace
# those below.
#SBATCH --job-name=pack
#SBATCH --gpus=1
#SBATCH --nodes=1
#SBATCH --cpus-per-task=16
#SBATCH --mem=64G
#SBATCH --time=4:00:00
#SBATCH --requeue
set -euo pipefail
cores=${SLURM_CPUS_PER_TASK:?hand this to sbatch, with --cpus-per-task}
PATH=$PWD/.venv/bin:$PATH
command -v snakemake > /dev/null || { echo "$PWD has no .venv/bin/snakemake: submit from the project's folder" >&2; exit 2; }

if command -v nvidia-cuda-mps-control > /dev/null
then
    CUDA_MPS_PIPE_DIRECTORY=$(mktemp -d)
    export CUDA_MPS_PIPE_DIRECTORY CUDA_MPS_LOG_DIRECTORY=$CUDA_MPS_PIPE_DIRECTORY
    trap 'echo quit | nvidia-cuda-mps-control || true; rm -rf "$CUDA_MPS_PIPE_DIRECTORY"' EXIT
    # The daemon numbers its devices anew, and its clients are to take the first.
    if nvidia-cuda-mps-control -d; then unset CUDA_VISIBLE_DEVICES; else export -n CUDA_MPS_PIPE_DIRECTORY; fi
fi

# A job that Slurm puts back in its queue meets the lock that it left.
[ "${SLURM_RESTART_COUNT:-0}" = 0 ] || snakemake --unlock "$@"
snakemake --cores "$cores" --resources gpu="$cores" --retries 2 "$@"
