#!/usr/bin/env bash
# sbatch --wait profiles/slurm/pack.sh TARGET --config preset=paper device=cuda
# One job of the cluster, with one GPU, in which Snakemake runs as many jobs at once as there are cores: small trainings
# share the GPU, under MPS where it is installed. Options of sbatch before the script's name replace those below.
#SBATCH --job-name=pack
#SBATCH --gpus=1
#SBATCH --nodes=1
#SBATCH --cpus-per-task=16
#SBATCH --mem=40G
#SBATCH --time=4:00:00
set -euo pipefail
cores=$SLURM_CPUS_PER_TASK

if command -v nvidia-cuda-mps-control > /dev/null; then
    CUDA_MPS_PIPE_DIRECTORY=$(mktemp -d)
    export CUDA_MPS_PIPE_DIRECTORY CUDA_MPS_LOG_DIRECTORY=$CUDA_MPS_PIPE_DIRECTORY
    nvidia-cuda-mps-control -d
    trap 'echo quit | nvidia-cuda-mps-control; rm -r "$CUDA_MPS_PIPE_DIRECTORY"' EXIT
fi

PATH=$PWD/.venv/bin:$PATH
snakemake --cores "$cores" --resources gpu="$cores" --retries 2 "$@"
